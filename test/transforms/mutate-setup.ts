// For mutation testing alone: properties try the same examples for every mutant, and stop at the first that fails.

import fc from "fast-check";

fc.configureGlobal({ seed: 1, endOnFailure: true });
