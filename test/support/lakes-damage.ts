// Everything that can be wrong with a landing record, made from a good one: each class of damage is a list
// of small changes, of which numbers choose one. Numbers rather than nested arbitraries, because they shrink
// at once to the first change of the list.
import {
  at,
  listedFields,
  memberSources,
  rawBytesMark,
  recordSource,
  stringSource,
  withRawBytes,
  type DamagedEntry,
  type Field,
  type Kind,
  type Member,
  type TableName,
  type Value,
  type WholeReason,
  type Writing,
} from "./lakes-model.js";

/** A good record to spoil, and the people and serial numbers that the damage may name. */
export interface Victim {
  readonly table: TableName;
  readonly fields: readonly Field[];
  readonly writing: Writing;
  readonly person: (index: number) => string;
  readonly serial: (index: number) => string;
}

/** What a change leaves: the entry without what only the lake knows of it. */
export type Spoiled = Omit<DamagedEntry, "kind" | "gap">;

/** Spoils a record; `which` chooses the change, `where` the place or the people. */
export type Spoil = (victim: Victim, which: number, where: number) => Spoiled;

const json = (source: string): Value => ({ source });

function set(fields: readonly Field[], name: string, value: Value): Field[] {
  const changed = fields.map((field): Field => (field[0] === name ? [name, value] : field));
  return changed.some(([field]) => field === name) ? changed : [...changed, [name, value]];
}

function drop(fields: readonly Field[], ...names: readonly string[]): Field[] {
  return fields.filter(([name]) => !names.includes(name));
}

function whole(victim: Victim, fields: readonly Field[], reason: WholeReason, detail: string): Spoiled {
  const text = recordSource(memberSources(victim.table, fields, victim.writing), victim.writing.spacing);
  return { damage: `${reason}: ${detail}`, whole: true, reason, bytes: Buffer.from(text) };
}

function broken(damage: string, text: string): Spoiled {
  return { damage, whole: false, reason: null, bytes: Buffer.from(text) };
}

function listedOf(victim: Victim, ...kinds: readonly Kind[]): string[] {
  return listedFields[victim.table].filter(([, kind]) => kinds.includes(kind)).map(([name]) => name);
}

/** A record that stops: at any byte after its first; often within a character, where it has one to cut. */
export const cut: Spoil = (victim, which, where) => {
  const text = recordSource(
    memberSources(victim.table, victim.fields, victim.writing),
    victim.writing.spacing,
  );
  const bytes = Buffer.from(text);
  const withinCharacters = Array.from(bytes.keys()).filter((index) => (bytes[index]! & 0xc0) === 0x80);
  const length =
    which % 4 === 3 && withinCharacters.length > 0
      ? at(withinCharacters, where)
      : 1 + ((which * 331 + where) % (bytes.length - 1));
  return { damage: "cut", whole: false, reason: null, bytes: bytes.subarray(0, length) };
};

const badValues: readonly (readonly [detail: string, source: string])[] = [
  ["bare word", "oops"],
  ["bare word", "undefined"],
  ["wrong literal", "True"],
  ["wrong literal", "nul"],
  ["wrong literal", "nulll"],
  ["wrong number", "01"],
  ["wrong number", "-01"],
  ["wrong number", "1."],
  ["wrong number", ".5"],
  ["wrong number", "+1"],
  ["wrong number", "-"],
  ["wrong number", "1e"],
  ["wrong number", "1e+"],
  ["wrong number", "0x1F"],
  ["wrong number", "1_000"],
  ["wrong number", "NaN"],
  ["wrong number", "-Infinity"],
  ["wrong number", "1 2"],
  ["single quotes", "'x'"],
  ["control character", '"a\u0001b"'],
  ["control character", '"a\u0000b"'],
  ["control character", '"a\tb"'],
  ["control character", '"a\nb"'],
  ["control character", '"a\u001f"'],
  ["wrong escape", '"\\x41"'],
  ["wrong escape", '"\\u12g4"'],
  ["wrong escape", '"\\u 041"'],
  ["wrong escape", '"\\\'"'],
  ["wrong escape", '"\\U0041"'],
  ["unclosed string", '"open'],
  ["unclosed string", '"open\\"'],
  ["wrong bracket", "[1}"],
  ["wrong bracket", '{"a":1]'],
  ["wrong bracket", "[1,]"],
  ["wrong bracket", "[,1]"],
  ["wrong bracket", '{"a"}'],
  ["no value", ""],
  ["comment", "/* c */ 1"],
  ["comment", "1 // c\n"],
  ["odd white space", "\u00a01"],
  ["odd white space", "1\u000b"],
  ["odd white space", "\f1"],
  ["odd white space", "\ufeff1"],
  ["odd white space", "1\u2028"],
  ["template", "`x`"],
];

const badNames: readonly (readonly [detail: string, change: (member: string) => string])[] = [
  ["no colon", (member) => member.replace(/":/, '" ')],
  ["two colons", (member) => member.replace(/":/, '"::')],
  ["bare name", (member) => member.replace(/^"([^"]*)"/, "$1")],
  ["single quotes", (member) => member.replace(/^"([^"]*)"/, "'$1'")],
  ["only a name", (member) => member.replace(/":.*$/s, '"')],
  ["leading comma", (member) => `,${member}`],
  ["comma doubled", (member) => `${member},`],
  ["comma missing", (member) => `${member} "x":1`],
];

/** JSON that is wrong at one place. */
export const syntax: Spoil = (victim, which, where) => {
  const members = memberSources(victim.table, victim.fields, victim.writing);
  const place = where % members.length;
  const { spacing } = victim.writing;
  const other = which % (badValues.length + badNames.length + 3);
  const badValue = badValues[other];
  if (badValue !== undefined) {
    const [detail, source] = badValue;
    const changed = members.map((member, index): Member => (index === place ? [member[0], source] : member));
    return broken(`syntax: ${detail}`, recordSource(changed, spacing));
  }
  const badName = badNames[other - badValues.length];
  if (badName !== undefined) {
    const [detail, change] = badName;
    const texts = members.map(([name, value]) => `${name}:${value}`);
    texts[place] = change(texts[place]!);
    return broken(`syntax: ${detail}`, `{${texts.join(spacing === 0 ? "," : ",\n")}}`);
  }
  const text = recordSource(members, spacing);
  switch (other - badValues.length - badNames.length) {
    case 0:
      return broken("syntax: trailing comma", text.replace(/\}$/, ",}"));
    case 1:
      return broken("syntax: braces doubled", `{${text}}`);
    default:
      return broken("syntax: not JSON at all", at(["{not json}", "{{{", "{]", "{:}", "{\u0000}"], where));
  }
};

/** Nested one level deeper than may be, or many more; with an end, or without one. */
export const tooDeep: Spoil = (victim, which, where) => {
  // With the record itself this makes 65, 66, 80 and 200 levels.
  const depth = at([64, 65, 79, 199], where);
  const [open, inside, close] = at(
    [
      ["[", "", "]"],
      ['{"a":', "1", "}"],
      ['[{"email":"ada@example.test","a":', "[]", "}]"],
      ["[", '"x"', ""],
    ] as const,
    which,
  );
  const levels = open.startsWith("[{") ? Math.ceil(depth / 2) : depth;
  const deep = open.repeat(levels) + inside + close.repeat(levels);
  const members = memberSources(victim.table, victim.fields, victim.writing);
  const place = where % (members.length + 1);
  const changed = [...members.slice(0, place), ['"deep"', deep] as const, ...members.slice(place)];
  return broken(
    close === "" ? "too_deep: without an end" : "too_deep: closed",
    recordSource(changed, victim.writing.spacing),
  );
};

/** Broken records, and whom they name: in odd spellings, half of it, or only as it seems. */
const namings: readonly (readonly [
  detail: string,
  text: (p: string, s: string, q: string, t: string) => string,
])[] = [
  ["e-mail and serial number", (p, s) => `{"email":${p},"serialNumber":${s},oops}`],
  ["odd spacing", (p) => `{"EMAIL" \t:\r ${p} , oops`],
  ["odd spacing over lines", (p, s) => `{"email"\n:\n${p},, "SerialNumber" \r\n: ${s} }`],
  ["escaped name", (p, s) => `{"\\u0065mail":${p}, "SERIAL\\u004eUMBER":${s}, 'x'}`],
  [
    "several people and serial numbers",
    (p, s, q, t) => `{"email":${p},"email":${q},"serialNumber":${s},"serialnumber":${t},}`,
  ],
  ["inside a string", (p, s) => `{"note":${stringSource(`{"email":${p},"serialNumber":${s}}`, 0)},oops}`],
  ["inside a broken string", (p) => `{"note":"{\\"email\\":${p}`],
  ["after a string", (p) => `{"a":"email":${p}}`],
  ["as a value, then as a name", (p, s) => `{"x":"email","serialNumber":${s}, "email":${p}, }`],
  ["nested", (p, s) => `{"customer":{"email":${p},"serialNumber":${s}} oops}`],
  ["nested under its own name", (p) => `{"email":{"email":${p}},oops`],
  ["in a list", (p, s, q) => `{"email":[${p}],"emails":[{"email":${q}}],"serialNumber":${s},]}`],
  ["unclosed e-mail", (p, s) => `{"serialNumber":${s},"email":${p.slice(0, -1)}`],
  ["unclosed serial number", (p, s) => `{"email":${p},"serialNumber":${s.slice(0, -1)}`],
  ["unclosed name", (p, s) => `{"email:${p},"serialNumber":${s}}`],
  ["serial number only", (_p, s) => `{oops,"serialNumber":${s}}`],
  ["blank e-mail", (_p, s) => `{"email":" \\t\\r\\n","serialNumber":${s}, 01}`],
  ["lone surrogate in the e-mail", (p, s) => `{"email":${p.slice(0, -1)}\\ud800","serialNumber":${s},x}`],
  ["wrong escape in the e-mail", (p, s) => `{"email":${p.slice(0, -1)}\\q","serialNumber":${s},x}`],
  ["number for an e-mail", (_p, s) => `{"email":1,"serialNumber":${s},x}`],
  ["brace pair in a string", (p, s) => `{"note":"}{","email":${p},"serialNumber":${s},x}`],
  ["brace pair over a line", (p, s) => `{"email":${p},x}\n{"serialNumber":${s},x}`],
  ["other names", (p, s) => `{"e-mail":${p},"email ":${p},"serial":${s},x}`],
  ["raw line end in the e-mail", (p, s) => `{"email":${p.slice(0, -1)}\n","serialNumber":${s}}`],
];

/** Broken in a way that is about which people and serial numbers can still be read out of it. */
export const naming: Spoil = (victim, which, where) => {
  const [detail, text] = at(namings, which);
  const quoted = (value: string, place: number): string => stringSource(value, where >> place);
  return broken(
    `naming: ${detail}`,
    text(
      quoted(victim.person(where), 0),
      quoted(victim.serial(where), 1),
      quoted(victim.person(where + 1), 2),
      quoted(victim.serial(where + 1), 3),
    ),
  );
};

const litter: readonly (readonly [
  detail: string,
  text: (p: string, s: string) => string,
  raw?: readonly number[],
])[] = [
  ["NUL", () => "\u0000\u0000\u0000"],
  ["words", () => "garbage"],
  ["words over lines", () => "two\nlines of it"],
  ["closing bracket", () => "]"],
  ["opening bracket", () => "["],
  ["comma", () => ","],
  ["comma", () => "],\n["],
  ["closing brace", () => "}"],
  ["closing brace", () => " }}\n}"],
  ["literal", () => "null"],
  ["number", () => "-1.5e3"],
  ["string", () => '"text"'],
  ["names a person", (p) => `"email":${p}`],
  ["names a person", (p, s) => `text "EMAIL" : ${p} "serialNumber"\n:\n${s} more`],
  ["names a person in escapes", (p) => `\\"email\\":\\${p.slice(0, -1)}\\"`],
  ["names a serial number", (_p, s) => `"serialNumber":${s}}`],
  ["unclosed string", (p) => `"email":${p.slice(0, -1)}`],
  ["unclosed string", () => '"'],
  ["byte-order mark", () => "\ufeff"],
  ["byte-order mark", () => "\ufeff\n\ufeff"],
  ["other white space", () => "\u00a0\u000b\f\u2028"],
  ["letters", () => "\u00e9\u{1f98a}"],
  ["bytes", () => `${rawBytesMark}a${rawBytesMark}`, [0xff, 0xfe, 0x80]],
  ["bytes in a name", (p) => `"email":${p.slice(0, -1)}${rawBytesMark}"`, [0xc3]],
  ["comment", () => "# comment\n// comment\n"],
];

/** What stands between records and is not one. Without a `{`, where the next record would be tried. */
export const garbage: Spoil = (victim, which, where) => {
  const [detail, text, raw] = at(litter, which);
  const quoted = (value: string): string => stringSource(value, 0).replaceAll("{", "\\u007b");
  const full = text(quoted(victim.person(where)), quoted(victim.serial(where)));
  const bytes = withRawBytes(full + (where % 3 === 1 ? "\n" : ""), raw ?? []);
  return { damage: `garbage: ${detail}`, whole: false, reason: null, bytes };
};

const invalidBytes: readonly (readonly [detail: string, bytes: readonly number[]])[] = [
  ["no lead byte", [0x80]],
  ["no such byte", [0xff]],
  ["character cut off", [0xe2, 0x82]],
  ["wrong continuation", [0xc3, 0x28]],
  ["overlong", [0xc0, 0xaf]],
  ["overlong", [0xe0, 0x80, 0xaf]],
  ["overlong NUL", [0xc0, 0x80]],
  ["surrogate", [0xed, 0xa0, 0x80]],
  ["surrogate pair", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
  ["beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
  ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ["Latin-1", [0xe9]],
];

const loneSurrogates: readonly string[] = [
  "\ud800",
  "\udc00",
  "\ud83da",
  "\ude00\ud83d",
  "\ud83d\ud83d\ude00",
];

/** Invalid UTF-8 or a lone surrogate: in a key, in a text, in a name, in what is dropped anyway. */
export const encoding: Spoil = (victim, which, where) => {
  const raw = at(invalidBytes, which >> 1);
  const lone = at(loneSurrogates, which >> 1);
  const [detail, bad, bytes] =
    which % 2 === 0 ? ([raw[0], rawBytesMark, raw[1]] as const) : (["lone surrogate", lone, []] as const);
  const quoted = stringSource(`a${bad}`, 0);
  const places: readonly (readonly [place: string, change: () => Field[]])[] = [
    ...listedOf(victim, "text", "key").map(
      (name) => [name, () => set(victim.fields, name, `${textIn(victim.fields, name)}${bad}`)] as const,
    ),
    ["a name", () => [...victim.fields, [`a${bad}`, json("1")]]],
    ["an unlisted value", () => [...victim.fields, ["note", `${bad}b`]]],
    ["an unlisted nested value", () => [...victim.fields, ["note", json(`[{"a":[${quoted}]}]`)]]],
    ["an unlisted nested name", () => [...victim.fields, ["note", json(`{${quoted}:{"a":1}}`)]]],
  ];
  const [place, change] = at(places, where);
  // Escapes would write the bytes' neighbours, but the mark itself must stay for the bytes to replace.
  const text = recordSource(memberSources(victim.table, change(), victim.writing), victim.writing.spacing);
  return {
    damage: `encoding: ${detail} in ${place}`,
    whole: true,
    reason: "encoding",
    bytes: withRawBytes(text, bytes),
  };
};

function textIn(fields: readonly Field[], name: string): string {
  const value = fields.find(([field]) => field === name)?.[1];
  return typeof value === "string" ? value : "";
}

/** A listed field twice, in any case: the same value, another one, or none. */
export const duplicateField: Spoil = (victim, which, where) => {
  const { table, fields } = victim;
  const names = listedFields[table].map(([name]) => name);
  const twice = (name: string, first: Value, second: Value, detail: string): Spoiled => {
    // As JSON source under a name that is not the listed one, so that both spellings stay as they are here.
    const other = at([name, name.toUpperCase(), name.toLowerCase()], where >> 1);
    const rest = drop(fields, name);
    const pair: Field[] = [
      [name, first],
      [other, second],
    ];
    return whole(
      victim,
      where % 2 === 0 ? [...pair, ...rest] : [...rest, ...pair],
      "duplicate_field",
      detail,
    );
  };
  const date = json("1655564444104");
  const special: readonly (() => Spoiled)[] =
    table === "customer"
      ? [
          () => twice("shareWithResearchAsOfDate", date, json("null"), "date, then null"),
          () => twice("shareWithResearchAsOfDate", json("null"), date, "null, then date"),
          () => twice("email", victim.person(where), victim.person(where + 1), "two people"),
          () => twice("serialNumber", victim.serial(where), victim.serial(where + 1), "two serial numbers"),
          () => twice("lastUpdateDate", date, json("1655564444105"), "two dates of update"),
          () => twice("lastUpdateDate", date, json('"later"'), "date of update and a word"),
          () => twice("email", victim.person(where), json("null"), "a person and null"),
        ]
      : [];
  const chosen = special[which % (special.length + names.length)];
  if (chosen !== undefined) return chosen();
  const name = at(names, which);
  const value = fields.find(([field]) => field === name)?.[1] ?? json("null");
  return twice(name, value, at([value, json("null"), json("1")], which >> 2), "any field");
};

const brokenRules: Readonly<Record<Kind, readonly (readonly [detail: string, value: Value | undefined])[]>> =
  {
    key: [
      ["missing", undefined],
      ["null", json("null")],
      ["number", json("5")],
      ["boolean", json("true")],
      ["object", json('{"email":"ada@example.test"}')],
      ["list", json('["ada@example.test"]')],
      ["blank", ""],
      ["blank", " \t"],
      ["blank", "\r\n"],
    ],
    text: [
      ["number", json("8015551212")],
      ["boolean", json("false")],
      ["list", json("[]")],
      ["object", json('{"email":"bob@example.test"}')],
    ],
    time: [
      ["missing", undefined],
      ["null", json("null")],
      ["blank", ""],
      ["zero", json("0")],
      ["seconds", json("1655564444")],
      ["12 digits", json("999999999999")],
      ["14 digits", json("10000000000000")],
      ["microseconds", json("1655564444103000")],
      ["fraction", json("1655.0e9")],
      ["fraction", json("1655564444103.0")],
      ["exponent", json("1655564444103e0")],
      ["exponent", json("1e12")],
      ["negative", json("-1655564444103")],
      ["string", "1655564444103"],
      ["string", "2022-06-18T15:00:44Z"],
      ["boolean", json("true")],
      ["list", json("[1655564444103]")],
    ],
    date: [
      ["string", "1655564444103"],
      ["string", " "],
      ["one", json("1")],
      ["nearly zero", json("1e-400")],
      ["seconds", json("1655564444")],
      ["14 digits", json("16555644441030")],
      ["exponent", json("1e12")],
      ["fraction", json("1655564444103.0")],
      ["negative", json("-1655564444103")],
      ["boolean", json("false")],
      ["object", json("{}")],
      ["list", json("[]")],
    ],
    number: [
      ["missing", undefined],
      ["null", json("null")],
      ["infinite", json("1e400")],
      ["infinite", json("-1E+999")],
      ["string", "1.0"],
      ["blank", ""],
      ["boolean", json("true")],
      ["list", json("[1]")],
      ["object", json("{}")],
    ],
  };

/** A value that its table does not allow. */
export const contract: Spoil = (victim, which, where) => {
  const { table, fields } = victim;
  const [name, kind] = at(listedFields[table], where);
  const [detail, value] = at(brokenRules[kind], which);
  const changed = value === undefined ? drop(fields, name) : set(fields, name, value);
  return whole(victim, changed, "contract", `${kind} ${detail}`);
};

/** Whole snapshots that are damaged in a way that is about whom they name, and from when on. */
export const attribution: Spoil = (victim, which, where) => {
  const { fields } = victim;
  const person = (index: number): string => stringSource(victim.person(where + index), 0);
  const serial = (index: number): string => stringSource(victim.serial(where + index), 0);
  const bad = set(fields, "phone", json("5"));
  const changes: readonly (readonly [detail: string, change: () => Field[]])[] = [
    ["nobody", () => drop(fields, "email")],
    ["nobody and nothing", () => []],
    ["no serial number", () => drop(fields, "serialNumber")],
    ["no date", () => drop(fields, "lastUpdateDate")],
    ["date out of range", () => set(fields, "lastUpdateDate", json("1655564444"))],
    ["at its date", () => bad],
    [
      "nested only",
      () => [
        ...drop(fields, "email", "serialNumber"),
        ["customer", json(`{"EMAIL":${person(0)},"serialnumber":${serial(0)}}`)],
      ],
    ],
    [
      "nested deeply in lists",
      () => [...bad, ["others", json(`[[{"email":${person(1)}}],{"a":{"serialNumber":${serial(1)}}}]`)]],
    ],
    ["nested in a listed field", () => set(fields, "customerName", json(`{"email":${person(1)}}`))],
    ["nested date as well", () => [...bad, ["old", json('{"lastUpdateDate":1000000000000}')]]],
    [
      "nested date only",
      () => [...drop(fields, "lastUpdateDate"), ["old", json('{"LASTUPDATEDATE":1655564444104}')]],
    ],
    ["nested e-mail twice", () => [...bad, ["old", json(`{"email":${person(0)},"email":${person(1)}}`)]]],
    [
      "blank e-mail and a nested one",
      () => [...set(fields, "email", " "), ["old", json(`{"email":${person(1)}}`)]],
    ],
    ["in a string only", () => [...drop(fields, "email"), ["note", `"email":${person(1)}`]]],
    ["number for a serial number", () => set(fields, "serialNumber", json("1"))],
  ];
  const [detail, change] = at(changes, which);
  return whole(victim, change(), "contract", `attribution, ${detail}`);
};
