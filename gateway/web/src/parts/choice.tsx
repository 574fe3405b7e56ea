import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';

export interface Option { id: string; name: string }

/** A labelled drop-down. */
export function Choice({ label, value, options, onChange }: {
  label: string; value: string; options: Option[]; onChange: (id: string) => void;
}) {
  return (
    <Select className="choice" value={value} onChange={(key) => onChange(String(key))}>
      <Label>{label}</Label>
      <Button>
        <SelectValue />
        <span aria-hidden="true">▾</span>
      </Button>
      <Popover>
        <ListBox items={options}>{(o) => <ListBoxItem id={o.id}>{o.name}</ListBoxItem>}</ListBox>
      </Popover>
    </Select>
  );
}
