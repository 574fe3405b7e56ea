import { useEffect, useReducer, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { api, type Catalogue, type Persona, Problem, type Session } from './api';
import { WordsContext } from './context';
import { type Change, type County, update } from './county';
import { type Language, texts } from './i18n';
import { insist } from './insist';
import { Alerts } from './parts/alerts';
import { CountyMap } from './parts/county-map';
import { Header } from './parts/header';
import { Late } from './parts/late';
import { Measurements } from './parts/measurements';
import { SignIn } from './parts/sign-in';
import { openStream } from './stream';

const none = (error: unknown) => {
  if (error instanceof Problem && [401, 403, 404].includes(error.status)) return undefined;
  throw error;
};

/** The session that is there, else that of the demo persona that was, else of the first. */
async function start(personas: Persona[], before?: string): Promise<Session | undefined> {
  const session = await api.session().catch(none);
  const persona = personas.find((p) => p.id === before) ?? personas[0];
  return session ?? (persona && (await api.signIn({ persona: persona.id })));
}

/**
 * Reads everything; what this session may not see is empty. Each part for itself, again and again until it is there:
 * a service that is down takes nothing else along. The returned function gives up.
 */
function load(reading: number, dispatch: (change: Change) => void): () => void {
  const part = (read: () => Promise<Change>) => insist(() => read().then(dispatch, (error: unknown) => {
    dispatch({ type: 'link', link: 'lost' });
    throw error;
  }));
  dispatch({ type: 'reading', reading });
  const parts = [
    part(async () => ({ type: 'alerts', reading, alerts: (await api.alerts().catch(none))?.alerts ?? [] })),
    part(async () => ({ type: 'fleet', principals: (await api.fleet().catch(none))?.principals ?? [] })),
    part(async () => ({ type: 'observations', observations: (await api.observations().catch(none))?.observations ?? [] })),
  ];
  return () => parts.forEach((giveUp) => giveUp());
}

/** The server's time, ticking each second. */
function useNow(clockOffset: number): number {
  const [ours, setOurs] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setOurs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return ours + clockOffset;
}

function CountyPage({ session, personas, onSessionChanged, onPersona, onLanguage }: {
  session: Session; personas: Persona[]; onSessionChanged: () => void; onPersona: (id: string) => void; onLanguage: () => void;
}) {
  const [county, dispatch] = useReducer(update, null, (): County => ({
    session, principals: [], alerts: [], observations: [], reading: 0, changed: [], link: 'connecting', clockOffset: 0, late: false,
  }));
  useEffect(() => {
    let readings = 0;
    let stop = () => {};
    const reload = () => {
      stop();
      const reading = ++readings;
      stop = insist(async () => {
        const now = await api.session().catch(none);
        if (reading !== readings) return;
        if (now?.client !== session.client) return onSessionChanged();
        stop = load(reading, dispatch);
      });
    };
    const close = openStream({
      fleet: (principals) => dispatch({ type: 'fleet', principals }),
      alert: (alert) => dispatch({ type: 'alert', alert }),
      observation: (observation) => dispatch({ type: 'observation', observation }),
      reset: reload,
      link: (link) => dispatch({ type: 'link', link }),
      clockOffset: (ms) => dispatch({ type: 'clockOffset', ms }),
      late: session.role === 'alarm_centre' ? (late) => dispatch({ type: 'late', late }) : undefined,
    });
    return () => {
      readings = -1;
      stop();
      close();
    };
  }, []);
  const now = useNow(county.clockOffset);
  const placeOf = (id: string) => county.principals.find((p) => p.id === id)?.name ?? id;
  useEffect(() => {
    document.title = county.alerts.length > 0 ? `(${county.alerts.length}) Nära` : 'Nära';
  }, [county.alerts.length]);
  return (
    <>
      {county.late && <Late />}
      <Header link={county.link} personas={personas} persona={session.client} placeOf={placeOf} onPersona={onPersona} onLanguage={onLanguage} />
      <main id="content">
        <CountyMap principals={county.principals} />
        <div className="side">
          <Alerts alerts={county.alerts} session={session} placeOf={placeOf} now={now} />
          <Measurements observations={county.observations} session={session} placeOf={placeOf} />
        </div>
      </main>
    </>
  );
}

function storedLanguage(): Language {
  return localStorage.getItem('language') === 'en' ? 'en' : 'sv';
}

export function App() {
  const [language, setLanguage] = useState<Language>(storedLanguage);
  const [personas, setPersonas] = useState<Persona[]>();
  const [session, setSession] = useState<Session>();
  const [catalogue, setCatalogue] = useState<Catalogue>({ kinds: {}, products: {} });
  const [error, setError] = useState('');
  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem('language', language);
  }, [language]);
  useEffect(() => {
    const begin = async () => {
      const found = (await api.personas().catch(none))?.personas ?? [];
      setSession(await start(found));
      setPersonas(found);
    };
    begin().catch((e: Error) => setError(e.message));
  }, []);
  useEffect(() => {
    if (session) api.catalogue().then(setCatalogue, (e: Error) => setError(e.message));
  }, [session?.client]);
  const t = texts[language];
  const onPersona = (persona: string) => void api.signIn({ persona }).then(setSession, (e: Error) => setError(e.message));
  const onSessionChanged = () => void start(personas ?? [], session?.client).then(setSession, (e: Error) => setError(e.message));
  const onLanguage = () => setLanguage(language === 'sv' ? 'en' : 'sv');
  return (
    <I18nProvider locale={language === 'sv' ? 'sv-SE' : 'en-GB'}>
      <WordsContext value={{ language, t, catalogue }}>
        {error && <p className="failure" role="alert">{error}</p>}
        {session && personas && (
          <CountyPage key={session.client} session={session} personas={personas} onSessionChanged={onSessionChanged}
            onPersona={onPersona} onLanguage={onLanguage} />
        )}
        {!session && personas && <SignIn onSession={setSession} />}
      </WordsContext>
    </I18nProvider>
  );
}
