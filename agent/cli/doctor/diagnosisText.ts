import type { EnginePurpose } from '../../engines/rankEngines.js';
import type { ThreadTime } from '../../engines/threadTimes.js';
import { bold } from '../output.js';
import type { EngineReport } from './engineReport.js';
import type { Diagnosis } from './examine.js';
import type { Check } from './surroundings.js';

/** Returns a diagnosis for people, one line per thing that was looked at. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { cpu, memory, disk, clock, engines, programs, config, camera, broker, node } = diagnosis;
  const row = (name: string, text: string): string => `${bold(name.padEnd(8))}  ${text}`;
  const synchronized = clock.synchronized ? 'synchronized' : 'not known whether synchronized';
  return [
    row('cpu', `${cpu.name}, ${cpu.architecture}, ${cpu.cores} cores`),
    row('', cpu.features.join(' ') || 'no features listed'),
    row('memory', `${size(memory.availableBytes)} of ${size(memory.totalBytes)} available`),
    row('disk', `${size(disk.freeBytes)} of ${size(disk.totalBytes)} free for ${disk.path}`),
    row(
      'clock',
      `${clock.time}, ${clock.timeZone}, ${clock.plausible ? synchronized : 'in the past: set it'}`,
    ),
    row('node', node),
    ...engines.flatMap((engine) =>
      engineLines(engine).map((line, index) => row(index ? '' : 'engine', line)),
    ),
    ...choiceLines(diagnosis).map((line, index) => row(index ? '' : 'auto', line)),
    ...programs.map((check) => row('program', checkText(check))),
    row('config', config.error?.message ?? config.file ?? 'no file: defaults and environment'),
    ...(camera ? [row('camera', checkText(camera))] : []),
    ...(broker ? [row('broker', checkText(broker))] : []),
  ].join('\n');
}

function engineLines(report: EngineReport): string[] {
  const { name, version, available, reason, note, leftAlone, int8, gflops = [], trial } = report;
  const state = available ? `available, int8 ${int8}` : 'not available';
  const title = [name, version].filter(Boolean).join(' ');
  return [
    `${title}: ${state}${reason ? `: ${reason}` : ''}`,
    ...(note ? [note] : []),
    ...(leftAlone ? [leftAlone] : []),
    ...gflops.map(
      ({ threads, float, int8: integer }) =>
        `${countOf(threads)}: float ${float.toFixed(0)} GFLOPS, int8 ${integer.toFixed(0)} GOPS`,
    ),
    ...threadLines('in float', trial?.float),
    ...threadLines('in 8 bits', trial?.quantized),
    ...(trial?.quantizedNote ? [`the detector in 8 bits: ${trial.quantizedNote}`] : []),
  ];
}

/** Nothing where there is no choice. */
function threadLines(precision: string, times: readonly ThreadTime[] = []): string[] {
  if (times.length < 2) return [];
  const list = times.map(({ threads, ms }) => `${countOf(threads)} ${ms.toFixed(1)}`).join(', ');
  return [`the detector ${precision}, ms a picture: ${list}`];
}

function countOf(threads: number): string {
  return `${threads} thread${threads === 1 ? '' : 's'}`;
}

/** Says what `auto` takes for which purpose, and by which figures. */
function choiceLines({ detector, auto }: Diagnosis): string[] {
  if ('problem' in detector) return [`not measured on a detector: ${detector.problem}`];
  const times = (purpose: EnginePurpose) =>
    auto[purpose]
      .map(({ engine, ms, threads }) => `${engine} ${ms.toFixed(1)} (${countOf(threads)})`)
      .join(', ') || 'none';
  return [
    `serves ${detector.name} in float, ms a picture: ${times('float')}`,
    `serves it in 8 bits, ms a picture: ${times('quantized')}`,
    `searches, ms a picture: ${times('search')}`,
  ];
}

function checkText({ what, ok, finding }: Check): string {
  return `${ok ? 'ok' : '--'}  ${what}: ${finding}`;
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;
}
