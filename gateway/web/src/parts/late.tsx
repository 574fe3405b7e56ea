import { useWords } from '../context';

/** What nobody at an alarm centre may overlook: alarms may be late, and what to do then. */
export function Late() {
  const { t } = useWords();
  return (
    <p className="late" role="alert">
      <strong>{t.late}</strong> {t.lateAdvice}
    </p>
  );
}
