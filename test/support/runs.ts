// How many made-up lakes a property is tried on: enough for every commit by default, more where asked for.

/** `STEDI_TEST_LAKES=10000 npx vitest run test/property` looks harder. */
export const lakesPerProperty = Number(process.env.STEDI_TEST_LAKES ?? 500);
