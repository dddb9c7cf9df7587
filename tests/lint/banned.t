#!/usr/bin/perl
# Calls, words and texts that do not stand in the tree.
use strict;
use warnings;
use File::Find;
use Test::More;

my (@c, @lua, @text);
find({ no_chdir => 1, wanted => sub {
	return if m{node_modules|/build/};
	push @c, $_ if /\.[ch]$/;
	push @lua, $_ if /\.lua$/;
	push @text, $_ if -f && /(\.(c|h|lua|sql|md|sh|t|mk|pl|pm)|Makefile|run)$/;
} }, (grep { -d } qw(applets lua sql tests image .ci)),
	grep { -f } glob('*'));
push @c, 'main.c';

# The source without comments and literals, lines kept.
sub bare {
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!";
	local $/;
	my $s = <$in>;
	$s =~ s{(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\\n])*")|('(?:\\.|[^'\\\n])*')}
	       { my $m = $&; my $n = $m =~ tr/\n//; ($2 ? '""' : "") . "\n" x $n }gse;
	return $s;
}

# Lines of the files that match, as "file:line: text".
sub found {
	my ($pattern, $files, $reader) = @_;
	my @hits;
	for my $file (@$files) {
		my $n = 0;
		for my $line (split /\n/, $reader->($file)) {
			$n++;
			push @hits, "$file:$n: $line" if $line =~ $pattern;
		}
	}
	return join "\n", @hits;
}

sub whole {
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!";
	local $/;
	return <$in> // '';
}

my @calls = qw(strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets
	strtok strtok_r atoi atol atoll atof system popen alloca execl execlp
	execle execvp execv mktemp tmpnam tempnam setenv putenv);
my $calls = join '|', @calls;
my @product = grep { m{^(main\.c|applets/)} } @c;
is(found(qr/(?<![\w.>])(?:$calls)\s*\(/, \@product, \&bare), '',
	'no banned call');
is(found(qr/\bPQ(?:exec|escape\w*)\s*\(/, \@c, \&bare), '',
	'SQL only with parameters');
is(found(qr/\b(?:TODO|FIXME|XXX|HACK)\b/,
	[grep { !m{tests/lint/banned} } @text], \&whole), '',
	'nothing is left unfinished in a comment');

# SQL lives in sql/: no statement in C or Lua.
my $sql = qr/["'\[](?:\s*)(?:select\s.+\sfrom\s|insert\s+into\s|
	update\s+\w+\s+set\s|delete\s+from\s|create\s+(?:table|index|role)\s|
	alter\s+table\s|drop\s+(?:table|index)\s)/xi;
is(found($sql, [@product, grep { m{^lua/} } @lua], \&whole), '',
	'no SQL in C or Lua');

# A path of the machine that something was written on.
is(found(qr{(?:^|[^\w.\-])/(?:home|Users|wo[r]k|tmp/wt)/},
	\@text, \&whole), '', 'no path of a machine');
done_testing;
