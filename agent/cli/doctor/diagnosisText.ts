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
    ...programs.map((check) => row('program', checkText(check))),
    row('config', config.error?.message ?? config.file ?? 'no file: defaults and environment'),
    ...(camera ? [row('camera', checkText(camera))] : []),
    ...(broker ? [row('broker', checkText(broker))] : []),
  ].join('\n');
}

function engineLines({ name, version, available, reason, note, int8, gflops = [] }: EngineReport): string[] {
  const state = available ? `available, int8 ${int8}` : 'not available';
  const title = [name, version].filter(Boolean).join(' ');
  return [
    `${title}: ${state}${reason ? `: ${reason}` : ''}`,
    ...(note ? [note] : []),
    ...gflops.map(
      ({ threads, float, int8: integer }) =>
        `${threads} thread${threads === 1 ? '' : 's'}: float ${float.toFixed(0)} GFLOPS, int8 ${integer.toFixed(0)} GOPS`,
    ),
  ];
}

function checkText({ what, ok, finding }: Check): string {
  return `${ok ? 'ok' : '--'}  ${what}: ${finding}`;
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;
}
