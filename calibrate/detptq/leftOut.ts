import { type Stage, type StageChoice, stages, stagesOf } from './recipe.js';

/**
 * Returns the stages that a run did not try and why, as sentences for the report's notes. Mixed precision is no matter of
 * the recipe: it is tried where layers may be widened.
 */
export function leftOutNotes(choice: StageChoice): string[] {
  const { recipe, without = new Set() } = choice;
  const asked = stages.filter((stage) => without.has(stage));
  const tried = stagesOf(choice);
  const notInRecipe = stages.filter(
    (stage) => stage !== 'mixedPrecision' && !without.has(stage) && !tried.has(stage),
  );
  return [
    ...(asked.length > 0 ? [`Left out as asked: ${namesOf(asked)}.`] : []),
    ...(notInRecipe.length > 0 ? [`Not part of the recipe ${recipe}: ${namesOf(notInRecipe)}.`] : []),
  ];
}

const names: Readonly<Record<Stage, string>> = {
  scaling: 'input scaling',
  preActivations: 'pre-activations',
  rounding: 'rounding by GPTQ',
  moments: 'moment matching',
  perLayerP: 'a p per layer',
  mixedPrecision: 'mixed precision',
  retune: 'the re-tuning of single grids',
};

function namesOf(some: readonly Stage[]): string {
  return some.map((stage) => names[stage]).join(', ');
}
