/*
 * How an entry of the quarantine looks on a terminal and as JSON. Every byte
 * from outside goes through utf8_printable or JSON's own escaping.
 */
#ifndef QUARANTINE_SHOW_H
#define QUARANTINE_SHOW_H

#include "store/quarantine.h"

/* The table's head, then one line an entry; width of the terminal. */
void show_head(unsigned width);
void show_row(const struct quarantine_entry *q, unsigned width);
/* One object, one line. */
void show_json(const struct quarantine_entry *q);
/* The story of one entry, in lines. */
void show_story(const struct quarantine_entry *q);

#endif
