/** Returns a deep copy of `value` in which user and password of every URL are `***`. */
export function masked<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, leaf: unknown) =>
    typeof leaf === 'string' ? maskedUrl(leaf) : leaf,
  ) as T;
}

/** Returns `text` with user and password, where it is a URL that has them, replaced by `***`. */
export function maskedUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1***@');
}
