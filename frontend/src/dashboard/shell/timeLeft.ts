/** How long a support session lasts still, in words; by seconds in its last minute only, so that it stays calm. */
export function timeLeft(seconds: number): string {
  return seconds > 60 ? `Ends in ${Math.ceil(seconds / 60)} min` : `Ends in ${seconds} s`;
}
