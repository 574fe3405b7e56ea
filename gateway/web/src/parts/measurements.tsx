import type { Observation, Session } from '../api';
import { useWords } from '../context';
import { clock, kindName, valuesText } from '../format';

export function Measurements({ observations, session, placeOf }: {
  observations: Observation[]; session: Session; placeOf: (principal: string) => string;
}) {
  const { t, language, catalogue } = useWords();
  const empty = session.role === 'care_unit' ? t.measurementsNone : t.measurementsDenied;
  return (
    <section className="measurements" aria-label={t.measurements}>
      <h2>{t.measurements}</h2>
      {observations.length === 0 ? <p className="empty">{empty}</p> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t.measurements}>
          <table>
            <thead>
              <tr><th scope="col">{t.time}</th><th scope="col">{t.kind}</th><th scope="col">{t.value}</th><th scope="col">{t.unit}</th></tr>
            </thead>
            <tbody>
              {observations.map((o) => (
                <tr key={o.id}>
                  <td>{clock(o.effective_at)}</td>
                  <td>{kindName(catalogue, o.kind, language)}</td>
                  <td className="value">{valuesText(o, catalogue, language)}</td>
                  <td>{placeOf(o.principal)} <span className="quiet">{o.unit}</span></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
