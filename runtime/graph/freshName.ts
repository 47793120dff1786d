/** Returns `wanted`, or that with underscores appended when it is taken. */
export function freshName(wanted: string, isTaken: (name: string) => boolean): string {
  let name = wanted;
  while (isTaken(name)) name += '_';
  return name;
}
