-- Withheld mail is found by what is known of it beside its text.
set search_path = pm, public;

alter table quarantine add column marks int8[] not null default '{}';
comment on column quarantine.marks is
	'Numbers of its marks: hits, rules, files (applets/lib/mail/words.h).';
create index quarantine_marks on quarantine using gin (marks);
