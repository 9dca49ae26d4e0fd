import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.ts";
import { embedCode } from "../src/dashboard/pages/settings/business/embedCode.ts";
import { byPlace, toErrors } from "../src/dashboard/pages/settings/business/places.ts";
import { listRegions } from "../src/dashboard/pages/settings/business/regions.ts";
import { contrast, parseColour, textOn } from "../src/dashboard/pages/settings/colour.ts";
import { findConflict, listChanged, pick } from "../src/dashboard/pages/settings/draft.ts";
import {
  copyDay,
  findHoursProblems,
  type HoursLine,
  setDay,
  suggestSpan,
  toWeek,
  WEEKDAYS,
} from "../src/dashboard/pages/settings/hours.ts";
import { inWords } from "../src/dashboard/pages/settings/labels.ts";
import { isOf } from "../src/dashboard/pages/settings/useSection.ts";
import {
  checkEmail,
  checkOrigin,
  checkService,
  findListProblems,
  move,
  removeAt,
  replaceAt,
  toOrigin,
} from "../src/dashboard/components/lists.ts";
import { describeZone, searchZones } from "../src/dashboard/pages/settings/zones.ts";

const HOURS: HoursLine[] = [
  { day: "mon", opens: "09:00", closes: "12:00" },
  { day: "mon", opens: "13:00", closes: "18:00" },
  { day: "sat", opens: "20:00", closes: "02:00" },
];

test("a day copied to the weekdays leaves the weekend and shares nothing", () => {
  const week = copyDay(toWeek(HOURS), "mon", WEEKDAYS);
  assert.deepEqual(week.fri, week.mon);
  assert.notEqual(week.fri[0], week.mon[0]);
  assert.deepEqual(week.sat, [{ opens: "20:00", closes: "02:00" }]);
  assert.deepEqual(week.sun, []);
});

test("a further span follows the last one and stays within the day", () => {
  assert.deepEqual(suggestSpan([]), { opens: "09:00", closes: "17:00" });
  assert.deepEqual(suggestSpan([{ opens: "09:00", closes: "12:00" }]), { opens: "13:00", closes: "17:00" });
  assert.deepEqual(suggestSpan([{ opens: "05:00", closes: "07:30" }]), { opens: "08:30", closes: "12:30" });
  assert.deepEqual(suggestSpan([{ opens: "", closes: "12:00" }]), { opens: "09:00", closes: "17:00" });
  assert.deepEqual(suggestSpan([{ opens: "09:00", closes: "21:30" }]), { opens: "22:30", closes: "23:59" });
  assert.deepEqual(suggestSpan([{ opens: "09:00", closes: "22:00" }]), { opens: "", closes: "" });
  assert.deepEqual(suggestSpan([{ opens: "20:00", closes: "02:00" }]), { opens: "", closes: "" });
});

test("hours that are missing, equal or overlap are told by their place", () => {
  const week = setDay(toWeek([]), "tue", [
    { opens: "09:00", closes: "" },
    { opens: "10:00", closes: "10:00" },
  ]);
  assert.deepEqual(Object.keys(findHoursProblems(week)), ["tue.0", "tue.1"]);
  const spans = (...list: Array<[string, string]>): Record<string, string> =>
    findHoursProblems(
      setDay(
        toWeek([]),
        "mon",
        list.map(([opens, closes]) => ({ opens, closes })),
      ),
    );
  assert.deepEqual(spans(["09:00", "12:00"], ["12:00", "18:00"]), {});
  assert.deepEqual(spans(["12:00", "18:00"], ["09:00", "12:00"]), {});
  for (const wrong of ["24:00", "9:00", "09:60", ""]) assert.deepEqual(Object.keys(spans([wrong, "18:00"])), ["mon.0"]);
  assert.deepEqual(Object.keys(spans(["09:00", "13:00"], ["12:00", "18:00"])), ["mon.1"]);
  assert.deepEqual(Object.keys(spans(["20:00", "02:00"], ["23:00", "23:30"])), ["mon.1"]);
  assert.deepEqual(findHoursProblems(toWeek(HOURS)), {});
  const night: HoursLine[] = [
    { day: "sun", opens: "20:00", closes: "02:00" },
    { day: "mon", opens: "01:00", closes: "05:00" },
  ];
  assert.deepEqual(Object.keys(findHoursProblems(toWeek(night))), ["sun.0"]);
});

const BASE = { name: "Salon", phone: "1", services: ["Cut"] };

test("a draft is changed where its values differ, lists by what they hold", () => {
  assert.deepEqual(listChanged(BASE, { ...BASE, services: ["Cut"] }), []);
  assert.deepEqual(listChanged(BASE, { ...BASE, services: ["Cut", "Colour"], phone: "2" }), ["phone", "services"]);
});

test("a section holds its own fields of the record, and its own messages", () => {
  assert.deepEqual(pick(BASE, ["phone"]), { phone: "1" });
  const names = ["services", "services.2", "servicesOther", "phone"];
  assert.deepEqual(names.filter((name) => isOf(name, "services")), ["services", "services.2"]);
});

test("two values of a setting are told in words", () => {
  assert.deepEqual(["", null, undefined].map((value) => inWords("phone", value)), ["Empty", "Empty", "Empty"]);
  assert.deepEqual([inWords("services", []), inWords("services", ["Cut", "Colour"])], ["None", "Cut, Colour"]);
  assert.equal(inWords("hours", HOURS.slice(0, 1)), "Monday 09:00 – 12:00");
  assert.deepEqual([inWords("abandonAfterHours", 24), inWords("retentionDays", 30)], ["24 hours", "30 days"]);
  assert.deepEqual([inWords("bookingMode", "internal"), inWords("phone", "+1772")], ["Requests only", "+1772"]);
});

test("changes of two people to different fields both stay", () => {
  const { merged, differences } = findConflict(BASE, { ...BASE, name: "Mine" }, { ...BASE, phone: "2" });
  assert.deepEqual(merged, { name: "Mine", phone: "2", services: ["Cut"] });
  assert.deepEqual(differences, [{ field: "phone", theirs: "2", mine: "1", isContested: false }]);
});

test("a field both changed is contested, and mine is kept in the merge", () => {
  const { merged, differences } = findConflict(BASE, { ...BASE, name: "Mine" }, { ...BASE, name: "Theirs" });
  assert.equal(merged.name, "Mine");
  assert.deepEqual(differences, [{ field: "name", theirs: "Theirs", mine: "Mine", isContested: true }]);
});

test("the same change by both is no difference", () => {
  assert.deepEqual(findConflict(BASE, { ...BASE, name: "New" }, { ...BASE, name: "New" }).differences, []);
});

test("an item moves up, down and never out of its list", () => {
  assert.deepEqual(move(["a", "b", "c"], 2, 0), ["c", "a", "b"]);
  assert.deepEqual(move(["a", "b", "c"], 0, 1), ["b", "a", "c"]);
  assert.deepEqual(move(["a", "b", "c"], 0, -1), ["a", "b", "c"]);
  assert.deepEqual(move(["a", "b", "c"], 0, 9), ["b", "c", "a"]);
  assert.deepEqual(move(["a"], 5, 0), ["a"]);
  assert.deepEqual(replaceAt(["a", "b", "c"], 1, "x"), ["a", "x", "c"]);
  assert.deepEqual(removeAt(["a", "b", "c"], 1), ["a", "c"]);
});

test("entries that are empty, wrong or there twice are told by their place", () => {
  assert.deepEqual(Object.keys(findListProblems(["Cut", " ", "cut "], checkService)), ["1", "2"]);
  assert.equal(checkService("x".repeat(120)), null);
  assert.notEqual(checkService("x".repeat(121)), null);
  assert.deepEqual(findListProblems(["a@example.com", "b@example.com"], checkEmail), {});
  assert.deepEqual(Object.keys(findListProblems(["a@example", "a b@example.com"], checkEmail)), ["0", "1"]);
});

test("a pasted page becomes its site", () => {
  assert.equal(toOrigin(" https://www.Example.com/a?b#c "), "https://www.example.com");
  assert.equal(toOrigin("www.example.com"), "https://www.example.com");
  assert.equal(toOrigin("HTTPS://www.example.com/a"), "https://www.example.com");
  assert.equal(toOrigin("javascript://x"), "javascript://x");
  assert.equal(checkOrigin("https://www.example.com"), null);
  assert.equal(checkOrigin("http://127.0.0.1:5500"), null);
  for (const bad of ["http://www.example.com", "https://example", "https://a.example/b", "http://evillocalhost", "javascript://x", ""]) {
    assert.notEqual(checkOrigin(bad), null, bad);
  }
});

test("a colour is read in each way people write it", () => {
  assert.deepEqual(["#1F5FA8", "1f5fa8", " #abc "].map(parseColour), ["#1f5fa8", "#1f5fa8", "#aabbcc"]);
  assert.deepEqual(["", "#12345", "#1234567", "red", "#gggggg"].map(parseColour), Array(5).fill(null));
});

test("text on a colour is the one that reads better", () => {
  assert.equal(Math.round(contrast("#000000", "#ffffff")), 21);
  const rounded = (one: string, other: string): string => contrast(one, other).toFixed(2);
  assert.deepEqual(["#ff0000", "#00ff00", "#0000ff", "#767676"].map((each) => rounded(each, "#ffffff")), [
    "4.00",
    "1.37",
    "8.59",
    "4.54",
  ]);
  assert.equal(rounded("#050505", "#000000"), "1.03");
  assert.equal(textOn("#ffe14d"), "#000000");
  assert.equal(textOn("#1f5fa8"), "#ffffff");
});

test("zones are found by words of their names, the place itself first", () => {
  const names = [
    "America/New_York",
    "America/North_Dakota/New_Salem",
    "Asia/Tokyo",
    "Europe/Zurich",
    "America/Sao_Paulo",
  ];
  assert.deepEqual(searchZones(names, "new y"), ["America/New_York"]);
  assert.deepEqual(searchZones(names, "sÃo"), ["America/Sao_Paulo"]);
  assert.deepEqual(searchZones(names, "america")[0], "America/New_York");
  assert.deepEqual(searchZones(["America/Porto_Velho", "Asia/Tokyo"], "to"), ["Asia/Tokyo", "America/Porto_Velho"]);
  assert.deepEqual(searchZones(names, ""), names);
  assert.deepEqual(searchZones(names, "mars"), []);
  const zone = describeZone("America/New_York", new Date("2026-01-15T12:00:00Z"));
  assert.deepEqual(zone, { name: "America/New_York", place: "New York", offset: "GMT-5" });
  assert.equal(describeZone("UTC").place, "UTC");
});

test("countries are those with telephone numbers, by their English names", () => {
  const codes = listRegions().map(({ code }) => code);
  assert.deepEqual(listRegions().slice(0, 2), [
    { code: "AF", name: "Afghanistan" },
    { code: "AX", name: "Åland Islands" },
  ]);
  assert.equal(new Set(codes).size, codes.length);
  for (const each of ["US", "MX", "XK", "GB"]) assert.ok(codes.includes(each), each);
  for (const each of ["EU", "UK", "ZZ", "AQ", "XA"]) assert.ok(!codes.includes(each), each);
});

test("the code for other sites carries the form's address and the business's name, whatever its letters", () => {
  const code = embedCode("https://a.example/book", 'Cut & "Co"');
  assert.match(code, /src="https:\/\/a\.example\/book\?embed=1"/);
  assert.match(code, /title="Ask Cut &amp; &quot;Co&quot; for a time"/);
  assert.match(code, /event\.origin === "https:\/\/a\.example" && event\.data && event\.data\.type === "booking-handoff:height"/);
  assert.match(embedCode("https://a.example/book?lang=es", "</iframe><script>"), /title="Ask &lt;\/iframe&gt;&lt;script&gt; for/);
  assert.match(embedCode("https://a.example/book?lang=es", ""), /book\?lang=es&amp;embed=1"/);
});

test("messages find the entry of a list they are about", () => {
  const errors = toErrors("services", { 1: "Empty.", 3: "Twice." });
  assert.deepEqual(errors, { "services.1": "Empty.", "services.3": "Twice." });
  assert.deepEqual(byPlace("services", { ...errors, services: "Too many.", "hours.mon.0": "No." }), {
    1: "Empty.",
    3: "Twice.",
  });
});
