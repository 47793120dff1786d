/** Returns e.g. `1 class` or `80 classes`. */
export function classesText(count: number): string {
  return count === 1 ? '1 class' : `${count} classes`;
}
