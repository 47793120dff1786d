interface FlagOptions {
  readonly profileFolder: string;
  /** Whether the page draws, with WebGL. */
  readonly draws: boolean;
  /** Chromium refuses to run as root with its sandbox. */
  readonly sandbox: boolean;
}

/** Returns the command line of a headless Chromium that computes and does nothing else. */
export function chromiumFlags({ profileFolder, draws, sandbox }: FlagOptions): string[] {
  return [
    '--headless=new',
    // Commands come over descriptors 3 and 4; when the agent dies, however it dies, they close, and Chromium ends.
    '--remote-debugging-pipe',
    `--user-data-dir=${profileFolder}`,
    ...(sandbox ? [] : ['--no-sandbox']),
    // Reaches the system's driver without a display, where else a box gets SwiftShader. A Chromium that is built without it
    // loses its whole GPU process, and with that WebGPU and WebNN.
    ...(draws ? ['--use-angle=gl-egl'] : []),
    ...gpuFlags,
    ...quietFlags,
    'about:blank',
  ];
}

const gpuFlags = [
  '--ignore-gpu-blocklist',
  '--enable-unsafe-webgpu',
  '--enable-features=WebMachineLearningNeuralNetwork,Vulkan',
  '--disable-gpu-shader-disk-cache',
];

const quietFlags = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--disable-breakpad',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-dev-shm-usage',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-proxy-server',
  // The page talks to the loopback address alone; nothing else has a name.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--mute-audio',
];
