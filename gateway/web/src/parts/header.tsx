import { Button } from 'react-aria-components';
import type { Persona } from '../api';
import { useWords } from '../context';
import type { Link } from '../stream';
import { Choice } from './choice';

function LinkState({ link }: { link: Link }) {
  const { t } = useWords();
  const text = { live: t.live, connecting: t.connecting, lost: t.lost }[link];
  return <p className={`link ${link}`} role={link === 'lost' ? 'alert' : 'status'}>{text}</p>;
}

export function Header({ link, personas, persona, placeOf, onPersona, onLanguage }: {
  link: Link; personas: Persona[]; persona: string; placeOf: (principal: string) => string;
  onPersona: (id: string) => void; onLanguage: () => void;
}) {
  const { t } = useWords();
  const options = personas.map(({ id, role, principal }) => ({
    id, name: [t.roles[role] ?? role, principal && placeOf(principal)].filter(Boolean).join(', '),
  }));
  return (
    <header>
      <a className="skip" href="#content">{t.skip}</a>
      <img src="/favicon.svg" alt="" width="36" height="36" />
      <div className="title">
        <h1>Nära <span>{t.county}</span></h1>
        <p>{t.tagline}</p>
      </div>
      <LinkState link={link} />
      {personas.length > 0 && <Choice label={t.persona} value={persona} options={options} onChange={onPersona} />}
      <Button className="quiet" onPress={onLanguage}>{t.language}</Button>
    </header>
  );
}
