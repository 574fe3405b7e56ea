import { createContext, useContext } from 'react';
import type { Catalogue } from './api';
import { type Language, type Texts, texts } from './i18n';

/** What every part needs to speak: the language, its texts, the catalogue's names. */
export interface Words { language: Language; t: Texts; catalogue: Catalogue }

export const WordsContext = createContext<Words>({ language: 'sv', t: texts.sv, catalogue: { kinds: {}, products: {} } });
export const useWords = () => useContext(WordsContext);
