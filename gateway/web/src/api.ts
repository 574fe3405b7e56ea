// The part of /api/v1 that the app uses, as /api/v1/openapi.json specifies it.

export interface Session { client: string; role: string; principal: string; units: string[] }
export interface Persona { id: string; name: string; role: string; principal: string }

export interface Principal {
  id: string;
  name: string;
  federation: string;
  population: number;
  tile_col: number;
  tile_row: number;
  /** Devices with a running assignment, by product group. */
  devices: Record<string, number>;
}

export interface Alert {
  id: string;
  device: string;
  product: string;
  kind: string;
  principal: string;
  unit: string;
  state: string;
  step: number;
  version: number;
  raised_at: string;
  next_action_at?: string;
  receiver: string;
}

/** One component; the number is text so that no digit is lost. */
export interface Value { value?: string; code?: string; ucum?: string }

export interface Observation {
  id: string;
  device: string;
  product: string;
  principal: string;
  unit: string;
  kind: string;
  values: Record<string, Value>;
  effective_at: string;
}

export interface Names { sv: string; en: string }
export interface Catalogue {
  kinds: Record<string, { name: Names; components: Record<string, { name: Names; ucum: string }> }>;
  products: Record<string, { name: Names; group: string }>;
}

/** An answer that is no success, with the server's own sentence. */
export class Problem extends Error {
  constructor(readonly status: number, title: string) {
    super(title);
  }

  /** The same request may succeed in a moment. */
  get passes(): boolean {
    return this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  const json = text === '' ? undefined : JSON.parse(text);
  if (!response.ok) throw new Problem(response.status, json?.detail ?? json?.title ?? response.statusText);
  return json as T;
}

export const api = {
  session: () => request<Session>('GET', '/session'),
  personas: () => request<{ personas: Persona[] }>('GET', '/personas'),
  signIn: (credentials: { persona: string } | { token: string }) => request<Session>('POST', '/session', credentials),
  catalogue: () => request<Catalogue>('GET', '/catalogue'),
  fleet: () => request<{ principals: Principal[] }>('GET', '/fleet'),
  alerts: () => request<{ alerts: Alert[] }>('GET', '/alerts?open=true&page_size=200'),
  observations: () => request<{ observations: Observation[] }>('GET', '/observations?page_size=20'),
  /** Says that this version of an offered alert is on the screen. */
  delivered: (alert: string, version: number) => request<void>('POST', `/alerts/${alert}/delivered`, { version }),
  act: (alert: string, action: 'accept' | 'reject' | 'resolve') => request<Alert>('POST', `/alerts/${alert}/${action}`, {}),
};
