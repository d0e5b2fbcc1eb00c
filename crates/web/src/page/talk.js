// Talks to the server. An answer has the page's name and a number: sent again, because the connection was lost,
// it is stored once. What is not acknowledged is kept over a reload, and told.

const KEPT = 'covid-ct-unacknowledged';
const PATIENCE = 30000;

function name() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

let page = name();
let number = 0;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export class Refused extends Error {}

// Asks until there is an answer; says through `trouble` why there is none yet.
async function ask(path, body, trouble, what) {
  for (let pause = 250; ; pause = Math.min(pause * 2, 5000)) {
    let why = 'no connection to the server';
    try {
      const options = body === undefined ? {} : {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body,
      };
      const cut = AbortSignal.timeout(PATIENCE);
      const response = await fetch(path, { ...options, cache: 'no-store', signal: cut });
      if (response.ok) {
        const json = await response.json();
        trouble('');
        return json;
      }
      why = (await response.text()).slice(0, 300);
      if (response.status === 401) throw new Refused(why);
      if (response.status < 500 && response.status !== 429 && response.status !== 408) throw new Refused(why);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    trouble(`${why}; ${what}`);
    await wait(pause);
  }
}

export async function enter(token) {
  const response = await fetch('/enter', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }),
  });
  if (!response.ok) throw new Refused(await response.text());
}

export function view(trouble) {
  return ask('/view', undefined, trouble, 'trying again');
}

// Sends an answer until it is acknowledged; `told` says in words what is not stored until then.
export async function answer(view, action, note, trouble, told) {
  number += 1;
  const body = JSON.stringify({ page, number, request: { basis: view.basis, key: view.key, note, action } });
  sessionStorage.setItem(KEPT, JSON.stringify({ body, told }));
  const reply = await ask('/answer', body, trouble, `not stored yet: ${told}. Trying again`);
  sessionStorage.removeItem(KEPT);
  return reply;
}

// What stores nothing needs no acknowledgement.
export function look(view, action, trouble) {
  number += 1;
  const body = JSON.stringify({ page, number, request: { basis: view.basis, key: view.key, note: '', action } });
  return ask('/answer', body, trouble, 'trying again');
}

// Sends what a page that was left had not heard of; gives what it was, or null.
export async function settle(trouble) {
  const kept = sessionStorage.getItem(KEPT);
  if (!kept) return null;
  let reply = null;
  const { body, told } = JSON.parse(kept);
  try {
    reply = await ask('/answer', body, trouble, `not stored yet: ${told}. Trying again`);
  } finally {
    sessionStorage.removeItem(KEPT);
  }
  return { told, reply };
}

export const isWaiting = () => sessionStorage.getItem(KEPT) !== null;
