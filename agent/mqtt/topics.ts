/** Where this device speaks and listens: `{base}/v1/{group}/{device}/…`. */
export interface Topics {
  readonly status: string;
  readonly info: string;
  readonly state: string;
  readonly telemetryLatency: string;
  readonly telemetryQuality: string;
  /** The filter of every job command to this device. */
  readonly jobCommands: string;
  jobStatus(jobId: string): string;
  /** Returns the job id in a topic of `jobCommands`, or `undefined` for any other topic. */
  jobIdOf(topic: string): string | undefined;
}

export function topicsOf(device: { base: string; group: string; device: string }): Topics {
  const root = `${device.base}/v1/${device.group}/${device.device}`;
  const jobs = `${root}/jobs/`;
  const command = '/cmd';
  return {
    status: `${root}/status`,
    info: `${root}/info`,
    state: `${root}/state`,
    telemetryLatency: `${root}/telemetry/latency`,
    telemetryQuality: `${root}/telemetry/quality`,
    jobCommands: `${jobs}+${command}`,
    jobStatus: (jobId) => `${jobs}${jobId}/status`,
    jobIdOf: (topic) => {
      const id = topic.slice(jobs.length, -command.length);
      return topic === `${jobs}${id}${command}` && !id.includes('/') ? id : undefined;
    },
  };
}
