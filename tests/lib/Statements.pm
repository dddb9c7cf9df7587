# The named statements as the tree has them: blocks of sql/query/*.sql.
package Statements;
use strict;
use warnings;

# All of them: { name, file, about, login => [...], plan, text, values }. A
# "-- login:" line before the first block speaks for the whole file.
sub all {
	my @all;
	for my $file (sort glob 'sql/query/*.sql') {
		open my $in, '<', $file or die "$file: $!";
		my ($head, @blocks) = split /^-- name:[ \t]*/m,
			do { local $/; <$in> };
		my ($default) = $head =~ /^-- login: (.*)$/m;
		push @all, map { block($_, $file, $default) } @blocks;
	}
	return @all;
}

sub block {
	my ($block, $file, $login) = @_;
	my ($name, $rest) = split /\n/, $block, 2;
	$rest =~ s/\A((?:--[^\n]*\n)*)//;
	my $about = $1;
	$login = $1 if $about =~ /^-- login: (.*)$/m;
	my ($plan) = $about =~ /^-- plan: (.*)$/m;
	$rest =~ s/\A\s+|;?\s*\z//g;
	my ($most) = sort { $b <=> $a } $rest =~ /\$(\d+)/g;
	return { name => $name, file => $file, about => $about,
		login => [ split / /, $login // '' ], plan => $plan,
		text => $rest, values => $most // 0 };
}

# Not of a kind that is planned, or run inside a transaction.
sub utility {
	my ($s) = @_;
	return $s->{text} !~ /^(?:select|insert|update|delete|with)\b/;
}

# What lies outside the schema, as `pm db` makes it.
sub prepare {
	my ($db) = @_;
	my ($table) = grep { $_->{name} eq 'migrate_table' } all();
	$db->sql($table->{text} .
		'; grant select on public.pm_migration to public') if $table;
}

1;
