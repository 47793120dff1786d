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

const fast: readonly Stage[] = ['scaling', 'preActivations', 'rounding', 'moments'];

/** The stages that a recipe tries; each is kept only where it helps. */
export const stagesOfRecipe: Readonly<Record<Recipe, ReadonlySet<Stage>>> = {
  fast: new Set(fast),
  balanced: new Set([...fast, 'perLayerP']),
  thorough: new Set(stages),
};

/** Sweeps of the per-layer p search over the layers, by recipe; each but the first starts from what the one before decided. */
export const sweepsOfRecipe: Readonly<Record<Recipe, number>> = { fast: 0, balanced: 1, thorough: 2 };

export interface StageChoice {
  readonly recipe: Recipe;
  /** Left out, to see what they are worth. Default: none. */
  readonly without?: ReadonlySet<Stage>;
  /** Smallest share of the layers below 8 bits that keep their bits, 0..1. Below 1 some may be widened, whatever the recipe. Default: 1. */
  readonly lowBitShare?: number;
}

/** Returns the stages of a run. */
export function stagesOf({ recipe, without = new Set(), lowBitShare = 1 }: StageChoice): ReadonlySet<Stage> {
  return new Set(
    stages.filter(
      (stage) =>
        !without.has(stage) &&
        (stagesOfRecipe[recipe].has(stage) || (stage === 'mixedPrecision' && lowBitShare < 1)),
    ),
  );
}
