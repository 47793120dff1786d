/** How much a quantization run does. */
export const recipes = ['fast', 'balanced', 'thorough'] as const;

export type Recipe = (typeof recipes)[number];

/** What a run does beyond the best single p. */
export const stages = [
  'scaling',
  'preActivations',
  'rounding',
  'moments',
  'perLayerP',
  'mixedPrecision',
  'retune',
] as const;

export type Stage = (typeof stages)[number];

const stagesOfRecipe: Readonly<Record<Recipe, readonly Stage[]>> = {
  fast: ['scaling', 'preActivations', 'moments'],
  balanced: ['scaling', 'preActivations', 'rounding', 'moments', 'perLayerP'],
  thorough: stages,
};

/** Sweeps of the per-layer p search over the layers, by recipe; each but the first starts from what the one before decided. */
export const sweepsOfRecipe: Readonly<Record<Recipe, number>> = { fast: 0, balanced: 1, thorough: 2 };

export interface StageChoice {
  readonly recipe: Recipe;
  readonly weightBits: number;
  /** Left out, to see what they are worth. Default: none. */
  readonly without?: ReadonlySet<Stage>;
  /** Smallest share of the layers below 8 bits that keep their bits, 0..1. Below 1 some may be widened, whatever the recipe. Default: 1. */
  readonly lowBitShare?: number;
}

/**
 * Returns the stages of a run; each is kept only where it helps. Rounding, without which nothing below 8 bits is of use, is there part of
 * every recipe.
 */
export function stagesOf({
  recipe,
  weightBits,
  without = new Set(),
  lowBitShare = 1,
}: StageChoice): ReadonlySet<Stage> {
  const wanted = new Set(stagesOfRecipe[recipe]);
  if (weightBits < 8) wanted.add('rounding');
  if (lowBitShare < 1) wanted.add('mixedPrecision');
  return new Set(stages.filter((stage) => wanted.has(stage) && !without.has(stage)));
}
