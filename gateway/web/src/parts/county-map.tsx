import { useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import type { Principal } from '../api';
import { binOf, bins, countOf, type Group } from '../bins';
import { useWords } from '../context';
import { Choice } from './choice';

interface Tile { principal: Principal; count: number; bin: number }

/** The region has no municipality's place: it stands in the free corner. */
const regionPlace = { column: 9, row: 9 };

function MapTile({ tile, place }: { tile: Tile; place: { column: number; row: number } }) {
  const { t } = useWords();
  const { principal, count, bin } = tile;
  return (
    <li className={`tile bin${bin}`} style={{ gridColumn: place.column, gridRow: place.row }}>
      <a href={`#${principal.id}`} title={principal.name}>
        <span className="name">{principal.tile_col < 0 ? t.region : principal.name}</span>{' '}
        <span className="count">{count}</span>
      </a>
    </li>
  );
}

function MapView({ tiles }: { tiles: Tile[] }) {
  const { t } = useWords();
  return (
    <>
      <ul className="map">
        {tiles.map((tile) => {
          const { tile_col, tile_row } = tile.principal;
          const place = tile_col < 0 ? regionPlace : { column: tile_col + 1, row: tile_row + 1 };
          return <MapTile key={tile.principal.id} tile={tile} place={place} />;
        })}
      </ul>
      <ul className="legend" aria-label={t.legend}>
        {bins.map((name, bin) => <li key={name}><span className={`swatch bin${bin}`} />{name}</li>)}
      </ul>
    </>
  );
}

function ListView({ tiles }: { tiles: Tile[] }) {
  const { t } = useWords();
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr><th scope="col">{t.municipality}</th><th scope="col">{t.federation}</th>
            <th scope="col" className="number">{t.devices}</th>
            <th scope="col" className="number">{t.perInhabitants}</th></tr>
        </thead>
        <tbody>
          {[...tiles].sort((a, b) => a.principal.name.localeCompare(b.principal.name, 'sv')).map(({ principal, count }) => (
            <tr key={principal.id} id={principal.id}>
              <th scope="row">{principal.name}</th><td>{principal.federation || t.region}</td>
              <td className="number">{count}</td>
              <td className="number">{principal.population > 0 ? ((count * 10_000) / principal.population).toFixed(1) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function CountyMap({ principals }: { principals: Principal[] }) {
  const { t } = useWords();
  const [group, setGroup] = useState<Group>('dispenser');
  const [view, setView] = useState('map');
  const tiles = principals.map((principal) => {
    const count = countOf(principal, group);
    return { principal, count, bin: binOf(count) };
  });
  // A tile leads to its row: the list must be there before the browser jumps.
  const toList = (event: React.MouseEvent) => {
    if ((event.target as Element).closest('.tile a')) setView('list');
  };
  const groups = [
    { id: 'dispenser', name: t.group_dispenser },
    { id: 'measuring', name: t.group_measuring },
    { id: 'all', name: t.group_all },
  ];
  return (
    <section className="county" aria-label={t.county} onClick={toList}>
      <Tabs selectedKey={view} onSelectionChange={(key) => setView(String(key))}>
        <div className="bar">
          <TabList aria-label={t.view}><Tab id="map">{t.map}</Tab><Tab id="list">{t.list}</Tab></TabList>
          <Choice label={t.show} value={group} options={groups} onChange={(id) => setGroup(id as Group)} />
        </div>
        <TabPanel id="map"><MapView tiles={tiles} /></TabPanel>
        <TabPanel id="list"><ListView tiles={tiles} /></TabPanel>
      </Tabs>
    </section>
  );
}
