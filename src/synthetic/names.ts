// Made-up people: short lists of first and last names, and e-mail addresses of which no two are alike.

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

const firstNames: readonly string[] = words(`
  Adele Alba Alma Amara Anselm Arvid Astrid Aurel Bastian Beata Birger Blanca Bruno Calla Casimir Cato
  Celeste Corin Dagmar Dalia Davor Delphine Dimitri Edda Egon Elara Elio Emeka Enora Esben Fabia Felix
  Fenna Flora Gerrit Gisela Greta Gustav Hanno Hedda Helmi Hugo Ilka Imre Ines Isolde Ivo Jarl Jonna
  Juno Kasper Kenji Klara Lamin Leonie Levin Linnea Lotte Magnus Maren Marisol Mateo Mila Nadia Nils
  Noor Odette Orla Otto Paloma Pavel Petra Quentin Ragna Rasmus Renata Rosalind Sanna Selma Soren
`);

const lastNames: readonly string[] = words(`
  Abendroth Adeyemi Almeida Arnesen Aster Bakker Balogun Barros Bellweather Berg Birch Blomqvist Bray
  Brandt Calloway Carrow Castellan Cedar Chalk Corvin Crane Dahl Delacroix Dorn Drexler Eastwick Ekman
  Elder Engel Escher Fairweather Falk Farrow Fenwick Ferreira Finch Flint Forsberg Gallo Garnet
  Gerlach Grove Haas Halloran Hartwell Hawthorn Heron Hollis Holm Ibsen Ingram Iversen Jansen Jarvi
  Juniper Kallas Keller Kestrel Kovar Kruse Lark Laurent Leclair Linden Lindqvist Lund Marlow Marsh
  Meadows Meyer Moreau Nakata Nightingale Novak Nyberg Oakley Okafor Olander Orchard Osei Pereira
  Petrov Plum Quill Raven Reed Ribeiro Rowan Sandoval Sparrow Storm Sundal Tanaka Thorne Umber Vale
  Voss Wren Ziegler Yarrow
`);

const combinations = firstNames.length * lastNames.length;

// Coprime to the number of combinations (80 x 100), so that multiplying by it visits every combination once.
const stride = 4831;

/** A person's name, and the e-mail address made from it. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

/**
 * The name of a person. Every combination of names is used before one comes up again, and then the address
 * gets a number, so that no two people ever share an address.
 */
export function identityOf(seed: number, index: number): Identity {
  const offset = seed % combinations;
  const turn = Math.floor(index / combinations);
  const place = ((index % combinations) * stride + offset) % combinations;
  const first = firstNames[place % firstNames.length]!;
  const last = lastNames[Math.floor(place / firstNames.length)]!;
  return { name: `${first} ${last}`, email: `${first}.${last}${turn === 0 ? "" : turn + 1}@test.com` };
}
