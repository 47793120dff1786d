interface FlagOptions {
  readonly profileFolder: string;
  /** Chromium refuses to run as root with its sandbox. */
  readonly sandbox: boolean;
}

/** Returns the command line of a headless Chromium that computes and does nothing else. */
export function chromiumFlags({ profileFolder, sandbox }: FlagOptions): string[] {
  return [
    '--headless=new',
    // Commands come over descriptors 3 and 4; when the agent dies, however it dies, they close, and Chromium ends.
    '--remote-debugging-pipe',
    `--user-data-dir=${profileFolder}`,
    ...(sandbox ? [] : ['--no-sandbox']),
    ...gpuFlags,
    ...quietFlags,
    'about:blank',
  ];
}

/** `gl-egl` reaches the system's driver without a display; without it a box without one gets SwiftShader. */
const gpuFlags = [
  '--use-angle=gl-egl',
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
