/**
 * Names of actors, by slot: 64 bytes each, beside the directory. Written by the seat that owns the slot before the
 * actor is published, and never for actors without a name: whether these bytes mean anything is said by the name hash
 * in the actor's directory entry.
 *
 *    byte   field    type   meaning
 *    0      length   u8     bytes of the text, 0 to 63
 *    1      text            UTF-8; a longer name is cut at a whole character
 */
export const NAME_BYTES = 64
export const NAME_TEXT_BYTE = 1
export const NAME_TEXT_BYTES = NAME_BYTES - NAME_TEXT_BYTE

export function nameRegionBytes(seatsMax: number, actorsPerSeat: number): number {
  return seatsMax * actorsPerSeat * NAME_BYTES
}
