/** How much a quantization run does. */
export type Recipe = 'fast' | 'balanced' | 'thorough';

/**
 * Sweeps of the per-layer p search over the layers, by recipe: `fast` stops at the best single global p,
 * `balanced` searches each layer's p once, `thorough` once more with every other layer's p decided.
 */
export const sweepsOfRecipe: Record<Recipe, number> = { fast: 0, balanced: 1, thorough: 2 };

export const recipes = Object.keys(sweepsOfRecipe) as readonly Recipe[];
