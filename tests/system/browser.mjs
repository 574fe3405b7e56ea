// The county page in Debian's Chromium against a running demo: what a person sees, with the keyboard, in both languages and both themes.
//
//   node tests/system/browser.mjs .nara/demo.json [SCREENSHOT_FOLDER]
//
// Prints one line for each thing that was seen; exits 1 at the first that was not.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../gateway/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [demoFile, pictures] = process.argv.slice(2);
const demo = JSON.parse(readFileSync(demoFile, 'utf8'));
const limit = 20_000;
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

function seen(what) {
  console.log(`seen: ${what}`);
}

async function open(browser, colorScheme) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, colorScheme, locale: 'sv-SE' });
  const page = await context.newPage();
  page.setDefaultTimeout(limit);
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // A session that is not there yet is asked for once: its 401 is no fault of the page.
    if (message.type() === 'error' && !message.text().includes('401') && !message.text().includes('403')) problems.push(message.text());
  });
  await page.goto(demo.http);
  return { context, page, problems };
}

async function checkAccessibility(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), rules);
  const told = violations.map((v) => `${v.id}: ${v.nodes[0].html}`);
  assert.deepEqual(told, [], `accessibility, ${where}`);
  seen(`no accessibility fault, ${where}`);
}

async function choose(page, label, option) {
  await page.locator('.choice', { hasText: label }).getByRole('button').click();
  await page.getByRole('option', { name: option }).click();
}

async function seeTheCounty(page) {
  await page.locator('.link.live').waitFor();
  seen('the page is live');
  await page.waitForFunction(() => document.querySelectorAll('.tile').length === 50);
  const counts = await page.locator('.tile .count').allTextContents();
  const bins = new Set(await page.locator('.tile').evaluateAll((tiles) => tiles.map((t) => t.className)));
  seen(`50 tiles with ${counts.reduce((sum, n) => sum + Number(n), 0)} devices in ${bins.size} bins`);
  return bins.size;
}

async function seeAList(page) {
  await page.getByRole('tab', { name: 'Lista' }).click();
  await page.getByRole('rowheader', { name: 'Göteborg' }).waitFor();
  seen('the same as a list');
  await page.getByRole('tab', { name: 'Karta' }).click();
}

async function seeEnglish(page) {
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Alerts' }).waitFor();
  await page.getByRole('button', { name: 'Svenska' }).click();
  await page.getByRole('heading', { name: 'Larm' }).waitFor();
  seen('English and Swedish');
}

async function seeMeasurements(page, personas) {
  assert.ok(personas.some((p) => p.role === 'care_unit'), 'a care unit among the personas');
  await choose(page, 'Visa som', 'Vårdenhet, Göteborg');
  await page.locator('.measurements .value').first().waitFor({ timeout: 3 * limit });
  seen(`a measurement, as the care unit: ${await page.locator('.measurements .value').first().textContent()}`);
}

/** The alerts that are offered to this session's receiver, with what happened to each. */
const offers = async () => {
  const get = (path) => fetch(`/api/v1/${path}`).then((r) => r.json());
  const { client } = await get('session');
  const { alerts } = await get('alerts?open=true');
  const mine = alerts.filter((a) => a.receiver === client && a.state === 'offered');
  return Promise.all(mine.map((a) => get(`alerts/${a.id}`)));
};

async function until(look, what, ms = 3 * limit) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((go) => setTimeout(go, 200))) {
    if (await look()) return;
  }
  throw new Error(`not in time: ${what}`);
}

async function seeAnOffer(page, personas) {
  assert.ok(personas.some((p) => p.role === 'alarm_centre'), 'an alarm centre among the personas');
  await choose(page, 'Visa som', 'Larmmottagning, Göteborg');
  const accept = page.locator('.alert.offered').getByRole('button', { name: 'Ta emot' });
  await accept.first().waitFor({ timeout: 3 * limit });
  const delivered = ({ history }) => history.some((entry) => entry.action === 'delivered' && entry.actor === 'web');
  await until(async () => (await page.evaluate(offers)).some(delivered), 'the router knows of an offer that it is on this screen');
  seen('an offer, and the router knows that it is on this screen');
}

async function acceptAnOffer(page) {
  await page.locator('.alert.offered').getByRole('button', { name: 'Ta emot' }).first().click();
  await page.locator('.alert.accepted').getByRole('button', { name: 'Avsluta' }).first().waitFor();
  seen('an alert that was accepted');
}

/** A router that is behind, told by a stream of the test's own: what the page says of it. */
async function seeThatAlarmsMayBeLate(page, where) {
  assert.equal(await page.locator('.late').count(), 0, 'no warning while the router is well');
  await page.route('**/api/v1/stream', (route) => route.fulfill({
    contentType: 'text/event-stream', body: 'event: pulse\ndata: {"oldest_unrouted_ms": 9000}\n\n',
  }));
  await page.reload();
  await page.locator('.late', { hasText: 'reservrutinen' }).waitFor();
  seen('a warning that alarms may be late, and what to do');
  await checkAccessibility(page, `${where}, late`);
  await page.unroute('**/api/v1/stream');
  await page.reload();
  await page.locator('.link.live').waitFor();
  await page.locator('.late').waitFor({ state: 'detached' });
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` });
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  for (const scheme of ['light', 'dark']) {
    const { context, page, problems } = await open(browser, scheme);
    const bins = await seeTheCounty(page);
    if (!process.env.NARA_SMALL_FLEET) assert.equal(bins, 5, 'all five bins');
    await checkAccessibility(page, scheme);
    await seeAList(page);
    await seeEnglish(page);
    const { personas } = await page.evaluate(() => fetch('/api/v1/personas').then((r) => r.json()));
    await picture(page, `${scheme}-operator`);
    await seeAnOffer(page, personas);
    await picture(page, `${scheme}-alarm-centre`);
    await acceptAnOffer(page);
    await seeThatAlarmsMayBeLate(page, scheme);
    await seeMeasurements(page, personas);
    await picture(page, `${scheme}-care-unit`);
    assert.deepEqual(problems, [], 'nothing in the console');
    await context.close();
  }
} finally {
  await browser.close();
}
