#!/usr/bin/perl
# Whatever a check states has a rule that says what it means and counts.
use strict;
use warnings;
use Test::More;

sub slurp {
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!";
	local $/;
	return <$in>;
}

my $rules = join '', map { slurp($_) } glob 'lua/rules/*.lua';
my %told = map { $_ => 1 } $rules =~ /\{ "([A-Z][A-Z0-9_]+)"/g;
my @silent;
for my $file (glob('applets/lib/engine/checks/*.c'),
		'applets/lib/engine/phishing.c') {
	for my $name (slurp($file) =~ /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/g) {
		push @silent, "$file: $name" unless $told{$name};
	}
}
is(join("\n", @silent), '', 'every fact has a rule in lua/rules');

my %seen;
my @twice = grep { $seen{$_}++ } $rules =~ /^\t\{ "(\w+)"/mg;
is("@twice", '', 'no name is used twice');
done_testing;
