import { useState } from 'react';
import { Button, Form, Input, Label, TextField } from 'react-aria-components';
import { api, type Session } from '../api';
import { useWords } from '../context';

/** Where there are no demo personas, people sign in with a token. */
export function SignIn({ onSession }: { onSession: (session: Session) => void }) {
  const { t } = useWords();
  const [token, setToken] = useState('');
  const [error, setError] = useState('');
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    api.signIn({ token }).then(onSession, (e: Error) => setError(e.message || t.failed));
  };
  return (
    <main id="content" className="sign-in">
      <h1>Nära</h1>
      <Form onSubmit={submit}>
        <TextField type="password" value={token} onChange={setToken} autoComplete="current-password" isRequired>
          <Label>{t.token}</Label>
          <Input />
        </TextField>
        <Button type="submit" className="accept">{t.signIn}</Button>
        {error && <p role="alert">{error}</p>}
      </Form>
    </main>
  );
}
