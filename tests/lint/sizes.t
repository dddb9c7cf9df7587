#!/usr/bin/perl
# Small functions, small files, 80 columns: the budgets of the style, counted
# over the whole tree by universal-ctags.
use strict;
use warnings;
use File::Find;
use Test::More;

use constant { FILE => 800, HEADER => 200, MEDIAN => 15, P95 => 60,
	LONGEST => 100, COLUMNS => 80, TAB => 8 };

my @files = ('main.c');
find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.[ch]$/ } },
	'applets');
find({ no_chdir => 1, wanted => sub { push @files, $_ if /\.[ch]$/ } },
	'tests');
@files = grep { !m{node_modules} } sort @files;

sub width {
	my ($line) = @_;
	chomp $line;
	1 while $line =~ s/\t/' ' x (TAB - $-[0] % TAB)/e;
	utf8::decode($line);
	return length $line;
}

my (@wide, @long_files, @spaces);
for my $file (@files) {
	open my $in, '<', $file or die "$file: $!";
	my $n = 0;
	while (<$in>) {
		$n++;
		push @wide, "$file:$n" if width($_) > COLUMNS;
		push @spaces, "$file:$n" if /^ {8}/ || /[ \t]\n$/;
	}
	close $in;
	my $most = $file =~ /\.h$/ ? HEADER : FILE;
	push @long_files, "$file: $n lines, at most $most" if $n > $most;
}
is(join("\n", @wide), '', 'no line is wider than 80 columns');
is(join("\n", @spaces), '', 'tabs indent, and nothing trails');
is(join("\n", @long_files), '', 'no file is too long');

my @source = grep { m{^(main\.c|applets/.*\.c)$} } @files;
open my $tags, '-|', 'ctags', '-f', '-', '--fields=+ne',
	'--c-kinds=f', '--languages=C', @source or die "ctags: $!";
my (@sizes, @giants);
while (<$tags>) {
	my ($name, $file) = split /\t/;
	my ($from) = /\tline:(\d+)/;
	my ($to) = /\tend:(\d+)/;
	next unless $from && $to;
	my $size = $to - $from + 1;
	push @sizes, $size;
	push @giants, "$file:$from: $name has $size lines" if $size > LONGEST;
}
close $tags;
@sizes = sort { $a <=> $b } @sizes;
cmp_ok(scalar @sizes, '>', 50, 'ctags found the functions');
my ($median, $p95) = ($sizes[@sizes / 2], $sizes[int(@sizes * 0.95)]);
diag(sprintf '%d functions: median %d, 95th percentile %d, longest %d lines',
	scalar @sizes, $median, $p95, $sizes[-1]);
cmp_ok($median, '<=', MEDIAN, 'median function');
cmp_ok($p95, '<=', P95, '95 percent of the functions');
is(join("\n", @giants), '', 'no function is longer than 100 lines');
done_testing;
