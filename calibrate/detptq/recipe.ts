/** How much a quantization run does. */
export const recipes = ['fast', 'balanced', 'thorough'] as const;

export type Recipe = (typeof recipes)[number];

/**
 * Sweeps of the per-layer p search over the layers, by recipe: `fast` stops at the best single global p, `balanced`
 * searches each layer's p once, `thorough` once more with every other layer's p decided.
 */
export const sweepsOfRecipe: Record<Recipe, number> = { fast: 0, balanced: 1, thorough: 2 };
