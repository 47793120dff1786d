/** What a Python literal of plain data holds; a dict becomes a Map, whatever its keys. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | readonly PythonValue[]
  | ReadonlyMap<PythonValue, PythonValue>;

/**
 * Returns the value of a Python literal, as exporters write lists and dicts into ONNX metadata with `str()`:
 * strings, numbers, `True`, `False`, `None`, lists, tuples and dicts. Nothing is evaluated. Returns undefined for all
 * else, and beyond 20 levels.
 */
export function parsePythonLiteral(text: string): PythonValue | undefined {
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    return reader.atEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const maxDepth = 20;
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const quoted = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/sy;
const words = { True: true, False: false, None: null } as const;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonValue {
    if (depth > maxDepth) throw new SyntaxError('too deep');
    for (const [word, value] of Object.entries(words)) if (this.#takes(word)) return value;
    if (this.#takes('{')) return this.#dict(depth + 1);
    if (this.#takes('[')) return this.#items(']', depth + 1);
    if (this.#takes('(')) return this.#items(')', depth + 1);
    const string = this.#match(quoted);
    if (string) return unescaped(string[1] ?? string[2] ?? '');
    const digits = this.#match(number);
    if (digits) return Number(digits[0]);
    throw new SyntaxError(`no literal at ${this.#at}`);
  }

  atEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  #items(end: string, depth: number): PythonValue[] {
    const items: PythonValue[] = [];
    while (!this.#takes(end)) {
      items.push(this.value(depth));
      if (!this.#takes(',')) {
        this.#expect(end);
        break;
      }
    }
    return items;
  }

  #dict(depth: number): Map<PythonValue, PythonValue> {
    const entries = new Map<PythonValue, PythonValue>();
    while (!this.#takes('}')) {
      const key = this.value(depth);
      this.#expect(':');
      entries.set(key, this.value(depth));
      if (!this.#takes(',')) {
        this.#expect('}');
        break;
      }
    }
    return entries;
  }

  #expect(token: string): void {
    if (!this.#takes(token)) throw new SyntaxError(`expected ${token} at ${this.#at}`);
  }

  #takes(token: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }
}

function unescaped(body: string): string {
  return body.replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/gs, (_, code: string) =>
    code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (escapes[code] ?? code),
  );
}
