/** Main: only wires. The page is whole without it; with it, it stays up to date by itself. */

import { openEar } from "./ear.js";
import { openPage } from "./page.js";

const root = document.getElementById("comparison");
const page = openPage(root);
openEar(root.dataset, page.hear);
