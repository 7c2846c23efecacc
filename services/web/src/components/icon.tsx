/** Paths on 24 × 24, with lines of 1.8. */
const PATHS = {
  home: "M4 11.2 12 4l8 7.2V20h-5.5v-5.5h-5V20H4z",
  refresh: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 3.5v4.2h-4.2",
  write: "M4.5 19.5h4L19 9l-4-4L4.5 15.5zM13 7l4 4",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6",
  bell: "M6.5 10a5.5 5.5 0 0 1 11 0c0 5 2 6.500 2 6.500h-15s2-1.500 2-6.500M10 19.500a2.200 2.200 0 0 0 4 0",
  close: "M6.500 6.500l11 11M17.500 6.500l-11 11",
  back: "M14.500 5.500 8 12l6.500 6.500",
  heart:
    "M12 20s-7.500-4.600-7.500-10A4.200 4.200 0 0 1 12 7.300 4.200 4.200 0 0 1 19.500 10c0 5.400-7.500 10-7.500 10z",
  star: "m12 4 2.400 5 5.500.700-4 3.900 1 5.400L12 16.400 7.100 19l1-5.400-4-3.900 5.500-.700z",
  comment: "M4.500 5.500h15v11h-8l-4 3.500v-3.500h-3z",
  share: "M12 15V4M8 7.500 12 3.500l4 4M5.500 12v8h13v-8",
  hide: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM6 6l12 12",
  megaphone: "M4.500 10v4h3l7.500 4.500v-13L7.500 10zM18 9.500a3.500 3.500 0 0 1 0 5",
  mail: "M4 6h16v12.500H4zM4.500 6.500 12 13l7.500-6.500",
  up: "M12 19V6M6.500 11 12 5.500l5.500 5.500",
  clock: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 7.500V12l3 2",
  check: "m5 12.500 4.500 4.500L19 7.500",
} as const;

export type IconName = keyof typeof PATHS;

/** Picture beside a text of the same meaning. */
export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg class={filled ? "icon filled" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
