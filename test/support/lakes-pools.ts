// The few people, serial numbers, instants, numbers, texts and file names that generated lakes are made of.
// They are few so that records meet: without shared keys and times, a join or a withdrawal is never tested.
// Simple ones come first, since failures shrink towards the start of a pool.
import type { Field, Framing, Source, Value } from "./lakes-model.js";

const source = (text: string): Source => ({ source: text });

/** Each row is one person: spellings of an e-mail address that have the same key. */
export const people: readonly (readonly string[])[] = [
  [
    "ada@example.test",
    "Ada@Example.test",
    " ada@example.test",
    "ADA@EXAMPLE.TEST\t",
    "\r\nada@example.test\r\n",
  ],
  ["bob@example.test", "BOB@example.test", "bob@example.test "],
  ["jos\u00e9@example.test", "jose\u0301@example.test", "JOS\u00c9@example.test", "JOSE\u0301@EXAMPLE.test "],
  // The Kelvin sign is a K in NFC.
  ["kim@example.test", "\u212aim@example.test", "KIM@example.test"],
  // Lower case depends on the place: the last sigma of a word is another letter.
  [
    "\u03c3\u03bf\u03c6\u03bf\u03c2@example.test",
    "\u03a3\u039f\u03a6\u039f\u03a3@example.test",
    "\u03a3\u03bf\u03c6\u03bf\u03a3@EXAMPLE.test",
  ],
  ["stra\u00dfe@example.test", "STRA\u1e9eE@example.test"],
  // Lower case of one letter can be two.
  ["i\u0307da@example.test", "\u0130da@example.test", "I\u0307DA@example.test"],
  // Somebody else: only space, tab, CR and LF are cut from the ends.
  ["\u00a0ada@example.test", "\u00a0ADA@example.test", " \u00a0ada@example.test"],
  ["ada@example.test\u000b", "Ada@example.test\u000b\n"],
  ["\u{1f98a}@example.test", "\u{1f98a}@EXAMPLE.test"],
  ['q"uo\\te/@example.test', 'Q"UO\\TE/@example.test'],
  ["br}{ace@example.test", "BR}{ACE@example.test"],
  ["__proto__", "__PROTO__"],
  ["constructor", "Constructor"],
  // With serial numbers "r" and "q NUL r": two registrations that look alike when their parts are just joined.
  ["p", "P", " p"],
  ["p\u0000q", "P\u0000Q"],
  // The key is not its own key: a capital T with two dots is two characters in NFC, a small one is one.
  ["T\u0308om@example.test", " T\u0308OM@example.test"],
];

/** Each row is one serial number. */
export const serials: readonly (readonly string[])[] = [
  ["sn-1", "SN-1", " sn-1", "sn-1\t\r\n"],
  ["sn-2", "Sn-2", "sn-2 "],
  ["\u00e9tape", "e\u0301tape", "\u00c9TAPE"],
  ["4"],
  ["04"],
  ["r", "R"],
  ["q\u0000r", "Q\u0000R"],
  ["__proto__", "__proto__ "],
  ["toString", "tostring"],
  // An e-mail address is not a serial number, whatever it looks like.
  ["ada@example.test", "ADA@example.test"],
  ['"email":"bob@example.test"', '"EMAIL":"BOB@example.test"'],
  ["}{", " }{"],
  ["J\u030c-1", " J\u030c-1"],
];

/** Read, but never registered. */
export const strangerEmail = "stranger@example.test";
export const strangerSerial = "sn-never-registered";

export const instants: readonly string[] = [
  "1655564444103",
  "1655564444104",
  "1655564444105",
  "1655564445000",
  "1655650844103",
  "1000000000000",
  "9999999999999",
];

/** Blank dates; undefined is absent. */
export const blanks: readonly (Source | string | undefined)[] = [
  undefined,
  source("null"),
  "",
  source("0"),
  source("-0"),
  source("0.0"),
  source("0e5"),
  source("-0.00E+1"),
];

/** Numbers that are finite as doubles, in spellings that rounding or reprinting would change. */
export const numbers: readonly string[] = [
  "1",
  "0.5",
  "-1.0",
  "0",
  "-0",
  "-0.0",
  "1E2",
  "1e+2",
  "0.1e-5",
  "12345678901234567890",
  "9007199254740993",
  "123456789.123456789123",
  "1.7976931348623157e308",
  "5e-324",
  "1e-400",
];

/** Texts of fields that take any string; undefined is absent. */
export const texts: readonly (Value | undefined)[] = [
  "Ada",
  undefined,
  source("null"),
  "",
  " ",
  "Zo\u00eb",
  "Zoe\u0308",
  "\u65e5\u672c\u8a9e",
  "\u{1f98a}\u{1f600}",
  'say "hi"',
  "back\\slash and/or",
  "tab\there\r\nline",
  "\u0000\u0001\u001f\u007f\u0080",
  "\u2028\u2029\ufeff\ufffd\uffff",
  "}{",
  '{"email":"ada@example.test","serialNumber":"sn-1"}',
  '"email":"bob@example.test"',
  "1965-01-01",
  "8015551212",
];

function nested(depth: number, open: string, inside: string, close: string): Source {
  return source(open.repeat(depth) + inside + close.repeat(depth));
}

/** Fields that no table lists, some of which look as if they were listed. */
export const unlistedFields: readonly Field[] = [
  ["note", "hello"],
  ["note", source("null")],
  ["nested", source('{"a":[1,{"b":null}],"c":"}{"}')],
  ["nested", source('{"email":"bob@example.test","serialNumber":"sn-2","lastUpdateDate":9999999999999}')],
  ["__proto__", source('{"email":"bob@example.test","x":1,"polluted":true}')],
  ["__proto__", source("null")],
  ["constructor", source('{"prototype":{"polluted":true}}')],
  ["toString", source("1")],
  ["hasOwnProperty", source("false")],
  ["", ""],
  ["email ", "bob@example.test"],
  ["e-mail", "bob@example.test"],
  // Upper case makes these look listed; lower case, which counts, does not.
  ["ema\u0131l", "bob@example.test"],
  ["u\u017fer", "bob@example.test"],
  ["\u017ferialNumber", "sn-2"],
  ["t\u0130mestamp", source("1")],
  ["big", source("1e400")],
  ["list", source('[ true , false , null , -0.0 , "\\u0041\\/" , [ ] , { } ]')],
  // As deep as may be: the record itself is the first of 64.
  ["deep", nested(63, "[", "", "]")],
  ["deep", nested(62, '{"a":', "[1]", "}")],
];

/**
 * Names of landing files without their ending. Sorted as UTF-8 bytes they come in another order than as
 * UTF-16 units (the last two), and in another order than by folder (those with 2022). Nothing depends
 * on whether `.gz` follows: no name is the start of another one up to a dot.
 */
export const stems: readonly string[] = [
  "a",
  "b",
  "c",
  "2022/b",
  "2022/06/c",
  "2022-a",
  "2022.x",
  "with space",
  "a+b",
  "a%2Fb",
  "100%",
  "Z",
  "folder.json/d",
  "in_side/x_.y",
  "\u00e9t\u00e9/\u00e9",
  "\uff5e",
  "\u{1f600}",
];

/** Paths below a table's folder that are not read. */
export const ignoredNames: readonly string[] = [
  "landing/notes.txt",
  "landing/a.csv",
  "landing/a.JSON",
  "landing/a.json.GZ",
  "landing/a.json.bak",
  "landing/a.jsonl",
  "landing/a.gz",
  "landing/json",
  "landing/.b.json",
  "landing/_b.json",
  "landing/_temporary/0/a.json",
  "landing/.hidden/a.json",
  "landing/2022/_x/a.json.gz",
  "landing/2022/.a.json",
  // Not below the landing folder, though its path starts like it.
  "landing-old/a.json",
];

/** White space between records. */
export const gaps: readonly string[] = ["\n", "\r\n", "", " ", "\t", "\n\n", "\r\n \r\n", " \n\t", "\r"];

export const arrays: readonly NonNullable<Framing["array"]>[] = [
  { open: "[", comma: ",", close: "]" },
  { open: "[\n", comma: ",\n", close: "\n]\n" },
  { open: "[", comma: " , ", close: " ]" },
  { open: "[\r\n\t", comma: "\r\n,\r\n", close: "\r\n]" },
  { open: " \n[", comma: "][", close: "]" },
  { open: "[", comma: ",,", close: ",]" },
  { open: "[ [", comma: "\n", close: "" },
  { open: "[", comma: "", close: "]\n\n" },
];
