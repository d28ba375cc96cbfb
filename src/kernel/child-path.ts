/** An actor without a name shows its slot instead. */
export function childPath(parentPath: string, name: string | undefined, slot: number): string {
  return `${parentPath === '/' ? '' : parentPath}/${name ?? `$${slot.toString(36)}`}`
}
