/** Messages for the entries of a list: `services.2` in a form's errors, 2 in the list's own. */

export function toErrors(field: string, problems: Readonly<Record<number, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(problems).map(([place, message]) => [`${field}.${place}`, message]));
}

export function byPlace(field: string, errors: Readonly<Record<string, string>>): Record<number, string> {
  const found: Record<number, string> = {};
  for (const [name, message] of Object.entries(errors)) {
    const place = name.startsWith(`${field}.`) ? Number(name.slice(field.length + 1)) : Number.NaN;
    if (Number.isInteger(place)) found[place] = message;
  }
  return found;
}
