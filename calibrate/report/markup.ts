/** A piece of HTML, SVG or CSS that may be written out as it is. `html` makes it of what came from outside. */
export class Markup {
  constructor(readonly text: string) {}
}

type Content = Markup | string | number | null | readonly Content[];

/**
 * Returns the template as markup. Strings and numbers put into it are escaped, for text and for quoted attributes;
 * markup is taken as it is, lists are joined, `null` is left out.
 */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const parts = contents.map((content, i) => `${textOf(content)}${literals[i + 1]!}`);
  return new Markup(`${literals[0]!}${parts.join('')}`);
}

function textOf(content: Content): string {
  if (content === null) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'object') return content.map(textOf).join('');
  return escapeHtml(String(content));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters have no place in HTML and would be dropped unseen, so they are made visible. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!).replace(controlCharacters, '\ufffd');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacters = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
