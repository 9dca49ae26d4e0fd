/** The countries of ISO 3166 that have a name in English, in the order of their names. */

interface Region {
  code: string;
  name: string;
}

export function listRegions(): Region[] {
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const codes = letters.flatMap((first) => letters.map((second) => first + second));
  return codes
    .filter((code) => !NOT_COUNTRIES.has(code))
    .flatMap((code) => {
      const name = names.of(code);
      return name ? [{ code, name }] : [];
    })
    .sort((a, b) => a.name.localeCompare(b.name, "en"));
}

// Names that CLDR has for other things (groups of countries, withdrawn and reserved codes, test locales), and islands
// and poles without telephone numbers of their own.
const NOT_COUNTRIES = new Set(
  "AN AQ BU BV CP CQ CS DD DG DY EA EU EZ FQ FX GS HM HV IC JT MI NH NQ NT PC PN PU PZ QO RH SU TF TP UK UM UN VD WK XA XB YD YU ZR ZZ".split(
    " ",
  ),
);
