@browsing
Feature: Browsing
  Who looks around finds what there is, at its price, and whether it is there.

  Scenario Outline: a word finds products
    When I search for "<word>"
    Then I find <found>

    Examples:
      | word | found                                   |
      | tea  | Green tea                               |
      | co   | House coffee, Dark cocoa, Copper kettle |
      | beer | nothing                                 |

  Scenario: what is sold out says so
    When I search for "saffron"
    Then Saffron is sold out

  Scenario: reviews belong to a product
    When I read the reviews of "tea"
    Then the first one is by Grace
