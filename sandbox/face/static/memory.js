// What the page remembers between visits. A browser that refuses to keep anything gets the defaults.

function from(store, name, otherwise) {
  try {
    return JSON.parse(store().getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function into(store, name, value) {
  try {
    store().setItem(name, JSON.stringify(value));
  } catch {
    // nothing is lost but convenience
  }
}

const lasting = () => localStorage;
const passing = () => sessionStorage;

export const recall = (name, otherwise) => from(lasting, name, otherwise);
export const remember = (name, value) => into(lasting, name, value);
export const recallHere = (name, otherwise) => from(passing, name, otherwise);
export const rememberHere = (name, value) => into(passing, name, value);
