/** Makes a scratch folder, prints its path and lives until it is killed. */
import { makeScratchFolder } from '../../runtime/scratchFolder.js';

process.stdout.write(`${await makeScratchFolder('test')}\n`);
setInterval(() => undefined, 1000);
