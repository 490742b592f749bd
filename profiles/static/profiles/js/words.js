// @ts-check
/**
 * Texts in the language of the page. The English text is the key, as in GNU gettext, whose tools collect the calls.
 * A page in another language has the translations in JSON blocks (avatarsite/script_words.py); without them the text stays English.
 */

/** @typedef {Record<string, string | number>} Values what stands for {name} in a text */

const FORMS = ["zero", "one", "two", "few", "many", "other"];

/**
 * Return the translations of the page, by English text; of a text with a plural, one for each form of the language.
 * @returns {Record<string, string | string[]>}
 */
function readWords() {
  const blocks = [...(globalThis.document?.querySelectorAll("script[data-words]") ?? [])];
  return Object.assign({}, ...blocks.map((block) => JSON.parse(block.textContent ?? "{}")));
}

const words = readWords();
const language = globalThis.document?.documentElement.lang || "en";

/** What stands between the whole and the fraction of a number. */
export const decimalPoint = Intl.NumberFormat(language).format(0.5).slice(1, -1);

/**
 * @param {string} text
 * @param {Values} values
 */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * Return the place of the form that `count` takes among the forms of the page's language.
 * @param {number} count
 */
function formOf(count) {
  const rules = new Intl.PluralRules(language);
  const forms = FORMS.filter((form) => rules.resolvedOptions().pluralCategories.some((known) => known === form));
  return forms.indexOf(rules.select(count));
}

/**
 * @param {string} text
 * @param {Values} [values]
 */
export function gettext(text, values = {}) {
  const known = words[text];
  return fill(typeof known === "string" ? known : text, values);
}

/**
 * Return the form for `count`, which also stands for {count}.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @param {Values} [values]
 */
export function ngettext(one, many, count, values = {}) {
  const known = words[one];
  const form = Array.isArray(known) ? known[formOf(count)] : undefined;
  return fill(form ?? (count === 1 ? one : many), { count, ...values });
}

/**
 * Join names of which one will do: "Ethereum or Base".
 * @param {string[]} names
 */
export function joinNames(names) {
  return new Intl.ListFormat(language, { type: "disjunction" }).format(names);
}
