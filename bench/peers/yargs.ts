// A program that does nothing but print the help of yargs: node yargs.mjs YARGS --help

const [entry] = process.argv.slice(2) as [string];
interface Yargs {
  option(name: string, option: object): Yargs;
  parse(): unknown;
}
const { default: yargs } = (await import(entry)) as { default: (args: string[]) => Yargs };
yargs(process.argv.slice(3)).option("lake", { type: "string", describe: "a folder" }).parse();
