/** Returns the effect of a forbidden opcode of a pickle, for the reader of a dead letter. */
export function effectOf(opcode: number): string {
  if (opcode === 0x63 || opcode === 0x93) return ' (it names a class or function)';
  if (opcode === 0x52 || opcode === 0x81 || opcode === 0x92 || opcode === 0x69 || opcode === 0x6f)
    return ' (it calls a class or function)';
  if (opcode === 0x62) return " (it sets an object's state)";
  return '';
}
