import type { ControlReport, QuantizeReport } from '../report.js';

export type ControlName = keyof QuantizeReport['controls'];

export interface NamedControl extends ControlReport {
  readonly name: ControlName;
  readonly title: string;
}

const titles: Record<ControlName, string> = {
  minmax: 'Min-max',
  p2: 'p = 2',
  p2_4: 'p = 2.4',
  bestGlobalP: 'Best single p',
  perLayerP: 'A p per layer',
};

/** Returns the controls that were measured, in the order in which they are shown. */
export function namedControls({ controls }: Pick<QuantizeReport, 'controls'>): NamedControl[] {
  return (Object.keys(titles) as ControlName[]).flatMap((name) => {
    const control = controls[name];
    return control === null ? [] : [{ ...control, name, title: titles[name] }];
  });
}

/** Returns the control that was exported. */
export function chosenControl(report: QuantizeReport): NamedControl {
  const { bestGlobalP } = report.controls;
  const chosen = namedControls(report).find(({ name }) => name === report.chosen);
  return chosen ?? { ...bestGlobalP, name: 'bestGlobalP', title: titles.bestGlobalP };
}
