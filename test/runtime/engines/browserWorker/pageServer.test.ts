import { once } from 'node:events';
import test from 'ava';
import { WebSocket } from 'ws';
import { PageServer } from '../../../../runtime/engines/browserWorker/pageServer.js';

const wrongToken = 'f'.repeat(48);

async function startServer(t: { teardown(task: () => void): void }) {
  const pages: unknown[] = [];
  const server = await PageServer.start((page) => pages.push(page));
  t.teardown(() => server.stop());
  return { url: new URL(server.url), pages };
}

test('the page and its scripts are served below the token, and may load from nowhere else', async (t) => {
  const { url } = await startServer(t);
  const page = await fetch(url);
  t.is(page.status, 200);
  t.regex(await page.text(), /page\.js/);
  t.regex(page.headers.get('content-security-policy')!, /^default-src 'self'/);
  const script = await fetch(new URL('page.js', url));
  t.is(script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  t.is((await fetch(new URL('ort-wasm-simd-threaded.jspi.wasm', url))).status, 200);
});

test('whoever does not know the token gets no file', async (t) => {
  const { url } = await startServer(t);
  for (const path of ['/', '/page.js', `/${wrongToken}/`, `/${wrongToken}/page.js`]) {
    t.is((await fetch(new URL(path, url))).status, 404, path);
  }
});

test('what is no file of the page is not served', async (t) => {
  const { url } = await startServer(t);
  for (const path of ['nothing.js', '..%2fbrowserEngine.js', '%2e%2e/frame.js', 'socket']) {
    t.is((await fetch(`${url}${path}`)).status, 404, path);
  }
});

test('a socket is given to who knows the token and refused to others', async (t) => {
  const { url, pages } = await startServer(t);
  for (const path of [`/${wrongToken}/socket`, '/socket', '/', `${url.pathname}page.js`]) {
    const [error] = await once(new WebSocket(new URL(path, `ws://${url.host}`)), 'error').catch((e) => [e]);
    t.regex(String(error), /403/, path);
  }
  t.deepEqual(pages, []);
  await once(new WebSocket(`ws://${url.host}${url.pathname}socket`), 'open');
  t.is(pages.length, 1);
});

test('each server has a token of its own', async (t) => {
  const [one, other] = [await startServer(t), await startServer(t)];
  t.not(one.url.pathname, other.url.pathname);
  t.is((await fetch(new URL(one.url.pathname, other.url))).status, 404);
});
