import type { ComparedName, ControlName, ControlReport, QuantizeReport } from '../report.js';

export interface NamedControl extends ControlReport {
  readonly name: ComparedName;
  readonly title: string;
  /** It, or what was made of it, is what was exported. */
  readonly isChosen: boolean;
}

const titles: Record<ControlName, string> = {
  minmax: 'Min-max',
  p2: 'p = 2',
  p2_4: 'p = 2.4',
  bestGlobalP: 'Best single p',
  perLayerP: 'A p per layer',
};

/** Returns the controls that were measured, in the order in which they are shown: what was exported is last. */
export function namedControls(
  report: Pick<QuantizeReport, 'controls' | 'chosen' | 'exported'>,
): NamedControl[] {
  const { controls, chosen, exported } = report;
  const named: NamedControl[] = (Object.keys(titles) as ControlName[]).flatMap((name) => {
    const control = controls[name];
    const isChosen = exported === null && name === chosen;
    return control === null ? [] : [{ ...control, name, title: titles[name], isChosen }];
  });
  return exported === null
    ? named
    : [...named, { ...exported, name: 'exported', title: 'All stages', isChosen: true }];
}

/** Returns what was exported. */
export function exportedControl(report: QuantizeReport): NamedControl {
  const { bestGlobalP } = report.controls;
  const chosen = namedControls(report).find(({ isChosen }) => isChosen);
  return chosen ?? { ...bestGlobalP, name: 'bestGlobalP', title: titles.bestGlobalP, isChosen: true };
}

export function controlTitle(name: ComparedName): string {
  return name === 'exported' ? 'All stages' : titles[name];
}
