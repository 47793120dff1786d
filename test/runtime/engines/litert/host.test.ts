import test from 'ava';
import { hostProblem } from '../../../../runtime/engines/litert/library/host.js';

test('a 64-bit processor with a glibc that is new enough runs the library', (t) => {
  for (const arch of ['x64', 'arm64']) {
    for (const glibc of ['2.34', '2.36', '2.100', '3.0']) t.is(hostProblem({ arch, glibc }), undefined);
  }
});

test('an old glibc, musl and other processors are said to be the obstacle', (t) => {
  t.regex(
    hostProblem({ arch: 'x64', glibc: '2.31' }) ?? '',
    /needs glibc 2\.34 or newer, this system has 2\.31/,
  );
  t.regex(hostProblem({ arch: 'x64', glibc: '2.4' }) ?? '', /has 2\.4/);
  t.regex(hostProblem({ arch: 'arm64', glibc: undefined }) ?? '', /musl/);
  t.regex(hostProblem({ arch: 'arm', glibc: '2.36' }) ?? '', /made for x64 and arm64, this is arm$/);
});
